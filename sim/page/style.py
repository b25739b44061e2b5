"""Style: the page's own rules of layout and type, in CSS.

The bar sticks to the top. Beside the board stand the settings; in a narrow window they stand above it, and
when a panel is presented they are gone.
"""

from sim.page.drawing.look import stylesheet

_RULES = """
.page { font-variant-numeric: tabular-nums; }
.page h1, .page h2 { margin: 0; line-height: 1.25; }
.bar { position: sticky; top: 0; z-index: 5; background: var(--paper); color: var(--ink);
  border-bottom: 1px solid var(--grid); padding: 6px 14px; }
.head, .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; }
.head h1 { font-size: 19px; }
.head .summary { flex: 1 1 260px; font-size: 14px; }
.head .v-select { flex: 0 0 210px; max-width: 210px; }
.controls .v-btn, .bar > .v-btn { text-transform: none; letter-spacing: 0; }
.speed, .travel { display: flex; align-items: center; min-width: 210px; flex: 1 1 210px; }
.speed > :first-child, .travel > :first-child { flex: 1 1 120px; }
.speed .v-input, .travel .v-input { margin: 0; padding: 0; }
.speed .v-messages, .travel .v-messages, .head .v-text-field__details { display: none; }
.speed-name { flex: 0 0 11em; font-size: 12.5px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.help { font-size: 12px; color: var(--faint); }
.below { display: flex; align-items: flex-start; }
.settings { flex: 0 0 290px; width: 290px; padding: 10px 14px; border-right: 1px solid var(--grid); }
.settings > * { margin-bottom: 6px; }
.settings h2 { font-size: 16px; }
.seen { flex: 1 1 0; min-width: 0; }
.closed .settings, .presenting .settings, .presenting .tale, .presenting .help, .presenting .head .v-input,
.presenting .head .summary { display: none; }
.tale { padding: 8px 14px 0; font-size: 14px; }
.tale p { margin: 0 0 6px; max-width: 110ch; }
.presets { display: flex; flex-wrap: wrap; gap: 4px 18px; }
.preset { display: flex; align-items: center; gap: 8px; flex: 1 1 330px; font-size: 13px; }
.preset .v-btn { text-transform: none; letter-spacing: 0; }
.pair { display: grid; grid-template-columns: 1fr 1fr; }
.pair .half { min-width: 0; }
.pair .panel { grid-column: span 12 !important; }
.which { font-size: 15px; padding: 6px 14px 0; }
.panel-difference { margin: 8px 14px; }
.panel-report { grid-column: span 12 !important; }
.panel-report .plot { width: 100%; max-width: 900px; display: block; }
.printed { overflow-x: auto; font-size: 12px; line-height: 1.25; }
.presenting .board { display: block; }
.presenting .panel { min-height: 78vh; font-size: 20px; }
.presenting .panel .heading .title { font-size: 34px; }
.presenting .panel .heading .caption { font-size: 20px; }
.presenting .panel .table { font-size: 22px; height: auto !important; }
.presenting .panel .picture { max-width: calc((100vh - 230px) * 1.45); margin: 0 auto; }
.presenting .panel-town .picture { max-width: calc((100vh - 230px) * 0.9); }
.presenting .standing .clock { font-size: 24px; }
.told { display: block; font-size: 13px; }
.board { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 14px; padding: 6px 14px 24px;
  font-variant-numeric: tabular-nums; }
.board p { margin: 0 0 6px; }
.standing { display: flex; gap: 2px 24px; flex-wrap: wrap; align-items: baseline; min-height: 24px; }
.standing .clock { font-size: 15px; min-width: 21em; }
.standing .message, .standing .pending { font-size: 15px; }
.fault { color: #A33D00 !important; font-weight: 600; }
.theme--dark .fault { color: #FFA766 !important; }
.panel { grid-column: span 4; border: 1px solid var(--grid); border-radius: 6px; padding: 10px 12px;
  background: var(--paper); color: var(--ink); min-width: 0; overflow: hidden; }
.panel-town { grid-column: span 6; grid-row: span 2; }
.panel-race, .panel.wide { grid-column: span 6; }
.panel-transactions, .panel-worths { grid-column: span 12; }
.inspector { grid-column: span 12; display: grid; gap: 14px;
  grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); }
.inspector .panel { grid-column: auto; }
.choosing { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; margin-bottom: 4px; }
.choosing .v-input { flex: 0 1 150px; margin: 0; padding-top: 10px; }
.choosing .v-btn { min-width: 34px !important; padding: 0 8px !important; height: 30px !important; }
.choosing .looked-at { white-space: nowrap; }
.choosing .rounds { display: flex; gap: 8px; align-items: center; }
.panel-conversation .table th { white-space: normal; vertical-align: bottom; }
.auction-told { min-height: 40px; padding: 0 !important; }
.panel-conversation tr[data-choose] { cursor: pointer; }
.panel-conversation tr[data-choose]:hover, .panel-conversation tr[data-choose]:focus {
  outline: 2px solid #0072B2; outline-offset: -2px; }
.panel-conversation tr.chosen { background: #E3F0FA; }
.theme--dark .panel-conversation tr.chosen { background: #24435C; }
.theme--dark .panel-conversation tr.reserve td { color: #FFA766; border-color: #FFA766; }
.panel-conversation tr.winner td { font-weight: 700; }
.panel-conversation tr.reserve td { border-top: 2px dashed #A33D00; color: #A33D00; text-align: right; }
.earned { display: contents; }
.panel-earnings, .panel-figures { grid-column: span 12; }
.panel-earnings .table { height: 460px; }
.drawings { display: flex; flex-wrap: wrap; gap: 10px; }
.drawings > * { flex: 1 1 360px; max-width: 640px; }
.figures { margin-bottom: 10px; font-size: 13.5px; }
.figures .picture { text-align: left; aspect-ratio: auto; }
.figures .picture > span { display: block; white-space: nowrap; }
.figures .theory { color: #5F5F5F; font-size: 12px; }
.theme--dark .figures .theory { color: #B8B8B8; }
.theme--dark .interval .gain { fill: #5BA8E5; }
.theme--dark .interval .loss { fill: #F08A4B; }
.interval .zero { stroke: #B5B5B5; fill: none; }
.interval .reach { stroke: currentColor; stroke-width: 2; fill: none; }
.interval .tick { stroke: currentColor; stroke-width: 2; stroke-dasharray: 3 2; fill: none; }
.interval .gain { fill: #0072B2; }
.interval .loss { fill: #B34A00; }
.lesson { font-size: 15px; line-height: 1.4; }
.panel-town, .panel-conversation { display: flex; flex-direction: column; }
.heading { display: flex; flex-direction: column; min-height: 44px; margin-bottom: 4px; }
.heading .title { font-size: 16px; font-weight: 600; }
.heading .caption { font-size: 12.5px; color: var(--faint); line-height: 1.35; }
.panel-town { position: relative; }
.panel-town .heading { padding-right: 145px; }
.panel-town .v-input { position: absolute; right: 12px; top: 14px; width: 130px; }
.panel .v-input, .panel .v-label, .panel .v-select__selection, .panel .v-icon {
  color: var(--ink) !important; }
.picture { position: relative; }
.picture.image { aspect-ratio: 4.6 / 3.1; background: white; }
.picture img { width: 100%; height: auto; display: block; }
.layer, .layer svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.layer svg { background: none; }
.panel-town .picture { margin: auto 0; }
.export { position: absolute; top: -3px; right: 0; font-size: 12px; text-align: right; opacity: .55; }
.export:hover, .export:focus-within, .export[open] { opacity: 1; }
.export summary { list-style: none; cursor: pointer; padding: 0 5px; }
.export button { display: block; width: 100%; padding: 3px 9px; background: var(--paper);
  border: 1px solid var(--grid); }
.table { font-size: 13px; overflow: auto; }
.panel-conversation .table { flex: 1 1 300px; height: 300px; }
.panel-transactions .table { height: 390px; }
.table table { border-collapse: collapse; width: 100%; }
.table th { text-align: left; white-space: nowrap; font-weight: 600; color: var(--faint);
  border-bottom: 1px solid var(--faint); padding: 3px 10px; }
.table td { border-bottom: 1px solid var(--grid); padding: 3px 10px; white-space: nowrap; }
.table .number { text-align: right; }
.quiet { color: var(--faint); }
.meanings { font-size: 12.5px; line-height: 1.4; }
.meanings dt { font-weight: 600; }
.meanings dd { margin: 0 0 8px; }
.saved { display: block; font-size: 13px; word-break: break-all; margin-top: 8px; }
.v-application .v-slider .v-slider__thumb-label-container { display: block !important; }
.v-application .v-slider .v-slider__thumb-label { display: block !important; background: none !important;
  border: none !important; width: auto !important; height: auto !important; bottom: 8px !important;
  transform: translateX(-50%) !important; }
.v-application .v-slider .v-slider__thumb-label > div { transform: none !important; color: #2F7FD6;
  font-size: 12px; }
@media (max-width: 1500px) { .panel { grid-column: span 6; }
  .panel-transactions, .panel-worths, .panel-earnings, .panel-figures { grid-column: span 12; }
  .panel-transactions.odd { grid-column: span 6; } .panel-transactions.odd .table { font-size: 12px; }
  .panel-conversation .table { font-size: 12px; }
  .panel-conversation th, .panel-conversation td, .odd th, .odd td { padding: 3px 4px !important; } }
@media (max-width: 1100px) { .inspector { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 760px) { .panel, .panel-town, .panel-race, .panel-conversation, .panel.wide {
  grid-column: span 12; } .pair { grid-template-columns: 1fr; } }
@media (max-width: 1000px) {
  .below { display: block; } .settings { width: auto; border-right: none; max-height: 220px; overflow: auto;
  border-bottom: 1px solid var(--grid); columns: 2; } .head .summary { display: none; } }
@media print { .bar, .settings, .export, .v-input, .presets { display: none !important; }
  .board { display: block; } .panel { break-inside: avoid; margin-bottom: 10px; }
  .board .table { height: auto !important; overflow: visible; } }
"""
CSS = stylesheet() + _RULES
