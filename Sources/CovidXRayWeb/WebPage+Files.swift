import Reporting

extension WebPage {
  /// The style sheet: that of the reports, and what a form needs.
  static let style =
    PageStyle.sheet + """
      body { max-width: 52rem }
      h1 { text-wrap: balance }
      .notice { max-width: none }
      section h2 { margin-top: 1.75rem }
      #worth { margin-top: 3rem }
      .drop { margin: 1.25rem 0 0; padding: 1.1rem 1rem; border: 2px dashed var(--line); \
      border-radius: .6rem; background: var(--raised); text-align: center }
      .drop.over { border-color: var(--accent); border-style: solid }
      .drop label { display: block; margin-bottom: .6rem; cursor: pointer }
      .hint { color: var(--soft); font-size: .9rem; margin: .6rem auto 0 }
      input, select, ::file-selector-button { font: inherit; color: inherit; max-width: 100% }
      select, ::file-selector-button { min-height: 2.75rem; padding: .35rem .8rem; \
      border: 1px solid var(--soft); border-radius: .4rem; background: var(--ground) }
      ::file-selector-button { margin-right: .75rem; cursor: pointer; color: var(--accent) }
      .choices { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin-top: 1rem }
      .choices p { margin: 0 0 .5rem }
      .choices label { display: block; color: var(--soft); font-size: .9rem }
      [hidden] { display: none }
      #status { min-height: 1.55em; margin: .75rem 0 0; color: var(--soft) }
      #answer { border: 0; padding: 0; margin: .75rem 0 .25rem }
      #answer:focus { outline: none }
      .scale { position: relative; height: 1.6rem; margin-top: .9rem; border: 1px solid var(--soft); \
      border-radius: .3rem; background: var(--raised) }
      .scale div { position: absolute; top: 0; bottom: 0 }
      #spread { background: var(--accent); opacity: .45 }
      #mark { width: 6px; margin-left: -3px; background: var(--accent) }
      #threshold { width: 0; border-left: 2px dashed var(--soft); top: -.4rem; bottom: -.4rem }
      .ends { display: flex; justify-content: space-between; max-width: none; margin: .15rem 0 .5rem; \
      color: var(--soft); font-size: .85rem }
      figure { margin: 1rem 0 0 }
      #picture { display: block; width: 100%; height: auto; max-height: 85vh; object-fit: contain; \
      object-position: left; border-radius: .3rem }
      .warning { display: block; margin-top: .35rem; font-weight: 600 }
      details { margin-top: 1.5rem }
      #result.old { opacity: .45 }

      """

  /// The script: sends a film, shows what comes back.
  ///
  /// All that comes back is put in as text, never as markup.
  static let script = """
    "use strict";
    const at = id => document.getElementById(id);
    const [form, drop, file, result] = ["form", "drop", "file", "result"].map(at);
    const most = Number(form.dataset.maximumBytes);
    let film = null, request = null;

    const percent = p => p > 0.9995 && p < 1 ? "> 99.9 %" : p < 0.0005 && p > 0 ? "< 0.1 %"
      : (100 * p).toFixed(1) + " %";

    function fail(message) {
      at("status").textContent = "";
      at("error").textContent = message;
      at("error").hidden = false;
      result.hidden = true;
    }

    function show(answer) {
      const positive = answer.positive_class;
      const p = answer.probabilities.find(c => c.name === positive).value;
      const [low, high] = answer.range;
      at("answer").textContent = `Probability of ${positive}: ${percent(p)}`;
      at("mark").style.left = `${100 * p}%`;
      at("spread").style.left = `${100 * low}%`;
      at("spread").style.width = `${100 * (high - low)}%`;
      at("threshold").style.left = `${100 * answer.threshold}%`;
      const facts = [
        `Counts as ${answer.predicted_class}: from ${percent(answer.threshold)} on (the dashed line) `
          + `a film counts as ${positive}.`,
        answer.networks > 1
          ? `The ${answer.networks} networks say ${percent(low)} to ${percent(high)}, with a standard `
            + `deviation of ${(100 * answer.spread).toFixed(1)} points. They learnt from the same films, `
            + "and share mistakes."
          : "One network answered, so that there is no spread to see. How sure it sounds is not how sure "
            + "one can be.",
        "What such answers were right about, with 95 % intervals, stands below.",
      ];
      at("facts").replaceChildren(...facts.map(text => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }));
      at("picture").src = answer.picture;
      at("picture").alt = `${answer.method} of the film: ` + (answer.share_outside_lungs == null
        ? `nothing speaks for ${answer.explained_class}.`
        : `${percent(answer.share_outside_lungs)} of it outside the middle of the film.`);
      at("question").textContent = `${answer.method}. ${answer.question}`;
      at("share").textContent = answer.share_outside_lungs == null
        ? "Nothing on the film does."
        : `${percent(answer.share_outside_lungs)} of it lies outside the middle 80 % of height and `
          + `width, where lungs are; if it were even, ${percent(answer.even_share_outside_lungs)} would.`;
      at("status").textContent = `Looked at ${film.name}.`;
      at("error").hidden = true;
      result.classList.remove("old");
      result.hidden = false;
    }

    async function send(moves) {
      if (!film) return;
      if (film.size > most) return fail(`The file is too large: at most ${most >> 20} MB are taken.`);
      request?.abort();
      const own = request = new AbortController();
      at("status").textContent = `Looking at ${film.name} …`;
      at("error").hidden = true;
      result.classList.add("old");
      const query = new URLSearchParams({ method: at("method").value });
      if (at("class").value) query.set("class", at("class").value);
      try {
        let response;
        // Where others are served first, it comes again, for half a minute.
        for (let tries = 0; tries < 20; tries += 1) {
          response = await fetch("/explain?" + query, {
            method: "POST", body: film, signal: own.signal,
            headers: { "Content-Type": "application/octet-stream" },
          });
          if (response.status !== 503) break;
          await new Promise(later => setTimeout(later, 1500));
          if (own !== request) return;
        }
        const answer = await response.json();
        if (own !== request) return;
        if (!response.ok) return fail(answer.error);
        show(answer);
        if (moves) at("answer").focus({ preventScroll: true });
      } catch (error) {
        if (own === request) fail("The program does not answer. Is it still running?");
      }
    }

    function take(list) {
      if (list.length > 1) return fail("One film at a time, please.");
      if (list.length === 1) { film = list[0]; send(true); }
    }

    form.addEventListener("submit", event => event.preventDefault());
    file.addEventListener("change", () => take(file.files));
    for (const id of ["method", "class"]) at(id).addEventListener("change", () => send(false));
    for (const name of ["dragenter", "dragover"]) {
      document.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const name of ["dragleave", "drop"]) {
      document.addEventListener(name, event => { event.preventDefault(); drop.classList.remove("over"); });
    }
    document.addEventListener("drop", event => take(event.dataTransfer.files));

    """
}
