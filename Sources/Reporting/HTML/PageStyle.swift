/// The style sheet of a report.
package enum PageStyle {
  /// The width that charts are drawn for: that of a phone, so that their text stays readable there.
  static let chartWidth = 400.0

  /// The SHA-256 of `sheet` in base 64, by which the page's policy knows it.
  ///
  /// A test compares the two, and says what should stand here.
  static let fingerprint = "1bu8GKIQ0QFnmjAW0i/g2G/nD2SterZe9p7Af7rsSko="

  /// Colours keep a contrast of 4.5 : 1 for text, light and dark.
  ///
  /// Paper is light.
  package static let sheet = """

    :root { --ground: #ffffff; --ink: #1a1d21; --soft: #555c65; --line: #d5dae0; --raised: #f4f6f8; \
    --accent: #005a8f; --warn-ground: #fff3e0; --warn-ink: #6b3a00; --warn-line: #d55e00 }
    @media screen and (prefers-color-scheme: dark) {
      :root { --ground: #14171b; --ink: #eef1f4; --soft: #b0b8c1; --line: #353c45; --raised: #1c2025; \
    --accent: #6cc0f0; --warn-ground: #33230c; --warn-ink: #ffd9a3; --warn-line: #e69f00 }
    }
    * { box-sizing: border-box }
    html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
    body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 70rem; background: var(--ground); \
    color: var(--ink); font: 400 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, \
    "Helvetica Neue", Arial, "Liberation Sans", sans-serif; overflow-wrap: break-word }
    h1 { font-size: 1.75rem; line-height: 1.2; margin: 1.5rem 0 .5rem }
    h2 { font-size: 1.35rem; line-height: 1.25; margin: 2.75rem 0 .75rem; padding-top: .75rem; \
    border-top: 1px solid var(--line); scroll-margin-top: 2.5rem }
    h3, h4, h5, h6 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
    p, ul { max-width: 44rem; margin: .6rem 0 }
    li { margin: .2rem 0 }
    a { color: var(--accent) }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
    code, pre { font: .875em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, \
    "DejaVu Sans Mono", "Liberation Mono", monospace }
    pre { margin: 0; padding: .75rem }
    .skip { position: absolute; left: -100rem }
    .skip:focus { left: 1rem; top: .5rem; z-index: 3; padding: .4rem .8rem; background: var(--ground) }
    .label { position: sticky; top: 0; z-index: 2; max-width: none; margin: 0 -1rem; padding: .3rem 1rem; \
    background: var(--warn-ground); color: var(--warn-ink); border-bottom: 2px solid var(--warn-line); \
    font-weight: 600; font-size: .9rem }
    .badge { display: inline-block; vertical-align: .15em; margin-left: .35rem; padding: .1rem .45rem; \
    border: 1px solid var(--warn-line); border-radius: .25rem; background: var(--warn-ground); \
    color: var(--warn-ink); font-size: .7rem; font-weight: 600; letter-spacing: .02em }
    .subtitle { color: var(--soft); margin-top: 0 }
    .notice { padding: .6rem .9rem; border-left: 4px solid var(--warn-line); \
    background: var(--warn-ground); color: var(--warn-ink) }
    nav ol { display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; padding: 0; margin: 1.25rem 0 0; \
    list-style: none }
    nav a { display: inline-block; padding: .25rem 0 }
    .facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: .75rem 0 }
    .facts dt { color: var(--soft) }
    .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
    .tiles { display: grid; grid-template-columns: repeat(3, 1fr); \
    gap: .75rem; margin: 1rem 0 }
    .tiles div { padding: .7rem .9rem; border: 1px solid var(--line); border-radius: .5rem; \
    background: var(--raised) }
    .tiles dt { color: var(--soft); font-size: .9rem }
    .tiles dd { margin: 0 }
    .tiles strong { display: block; font-size: 1.4rem; font-weight: 600; line-height: 1.3; \
    font-variant-numeric: tabular-nums }
    .tiles span { display: block; color: var(--soft); font-size: .85rem; line-height: 1.4 }
    .scroll { overflow-x: auto; margin: .9rem 0; max-width: 100% }
    table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums }
    caption { text-align: left; color: var(--soft); font-size: .9rem; padding-bottom: .35rem }
    th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; \
    vertical-align: top; font-weight: 400 }
    thead th { font-weight: 600; color: var(--soft); border-bottom-width: 2px }
    .charts { display: grid; gap: 1.25rem; \
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); margin: 1rem 0 }
    .chart { margin: 0; min-width: 0; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden }
    .chart details { margin: 0 1.2rem .9rem }
    .chart svg { display: block; width: 100%; max-width: 34rem; height: auto; margin: 0 auto }
    details { margin: .5rem 0 }
    summary { color: var(--accent); cursor: pointer; padding: .25rem 0 }
    .gallery { display: grid; gap: 1.25rem; \
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); margin: 1rem 0 }
    .case { margin: 0; padding: .6rem; border: 1px solid var(--line); border-radius: .5rem; \
    background: var(--raised) }
    .case.marked { border: 2px solid var(--warn-line) }
    .case div { display: flex; gap: .5rem }
    .case img { display: block; flex: 1 1 0; min-width: 0; width: 50%; height: auto; \
    object-fit: contain; background: #000; border-radius: .25rem }
    figcaption { margin-top: .5rem; font-size: .9rem; overflow-wrap: anywhere }
    figcaption strong { display: block; font-weight: 600 }
    footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); \
    color: var(--soft); font-size: .9rem }
    @media (max-width: 40rem) {
      .tiles { grid-template-columns: 1fr 1fr }
    }
    @media (max-width: 30rem) {
      .facts { grid-template-columns: 1fr; gap: 0 }
      .facts dd { margin-bottom: .6rem }
      h1 { font-size: 1.45rem }
      h2 { font-size: 1.2rem }
    }
    @media print {
      body { max-width: none; padding: 0; font-size: 10pt }
      nav, .skip, .chart details, .chart summary { display: none }
      .label { position: static; margin: 0 }
      a { color: inherit; text-decoration: none }
      h2, h3 { break-after: avoid }
      .charts { grid-template-columns: 1fr 1fr }
      .gallery { grid-template-columns: 1fr 1fr 1fr }
      .chart, .case, .tiles div, tr, .notice { break-inside: avoid }
      .scroll { overflow: visible }
      .badge, .label, .notice, .tiles div, .case, svg { -webkit-print-color-adjust: exact; \
    print-color-adjust: exact }
    }

    """ + Theme.styleSheet
}
