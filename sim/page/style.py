"""Style: the page's own rules of layout and type, in CSS."""

CSS = """
.board { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 14px; padding: 6px 14px 24px;
  font-variant-numeric: tabular-nums; }
.board p { margin: 0 0 6px; }
.standing { grid-column: span 12; display: flex; gap: 6px 24px; flex-wrap: wrap; align-items: baseline;
  min-height: 30px; }
.standing .summary { font-size: 16px; font-weight: 600; }
.standing .clock { font-size: 15px; min-width: 21em; }
.standing .message { font-size: 15px; }
.fault { color: #A33D00 !important; font-weight: 600; }
.panel { grid-column: span 4; border: 1px solid #DDD; border-radius: 6px; padding: 10px 12px;
  background: white; color: #222; min-width: 0; overflow: hidden; }
.panel-town { grid-column: span 6; grid-row: span 2; }
.panel-race, .panel-conversation { grid-column: span 6; }
.alone .panel { grid-column: span 6; }
.panel-transactions { grid-column: span 12; }
.heading { display: flex; flex-direction: column; min-height: 44px; margin-bottom: 4px; }
.heading .title { font-size: 16px; font-weight: 600; }
.heading .caption { font-size: 12.5px; color: #666; line-height: 1.35; }
.beside { display: flex; justify-content: space-between; gap: 16px; }
.beside .v-input { max-width: 130px; }
.picture img { width: 100%; height: auto; display: block; }
.panel-town .picture { aspect-ratio: 5.4 / 5.9; }
.panel-race .picture { aspect-ratio: 6.2 / 3.4; }
.panel-bids .picture, .panel-benchmark .picture, .panel-prices .picture { aspect-ratio: 4.6 / 3.1; }
.table { font-size: 13px; }
.panel-conversation .table { height: 290px; overflow-y: auto; }
.panel-transactions .table { height: 390px; overflow-y: auto; }
.table table { border-collapse: collapse; width: 100%; }
.table th { text-align: left; font-weight: 600; color: #555; border-bottom: 1px solid #CCC;
  padding: 3px 10px; }
.table td { border-bottom: 1px solid #EEE; padding: 3px 10px; white-space: nowrap; }
.table .number { text-align: right; }
.quiet { color: #777; }
.meanings { font-size: 12.5px; line-height: 1.4; }
.meanings dt { font-weight: 600; }
.meanings dd { margin: 0 0 8px; }
.saved { font-size: 13px; word-break: break-all; margin-top: 8px; }
.v-application .v-slider .v-slider__thumb-label-container { display: block !important; }
.v-application .v-slider .v-slider__thumb-label { display: block !important; background: none !important;
  border: none !important; width: auto !important; height: auto !important; bottom: 8px !important;
  transform: translateX(-50%) !important; }
.v-application .v-slider .v-slider__thumb-label > div { transform: none !important; color: #1565C0;
  font-size: 12px; }
@media (max-width: 1150px) { .panel, .alone .panel, .panel-town, .panel-race, .panel-conversation {
  grid-column: span 12; } }
"""
