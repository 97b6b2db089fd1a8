/// The one script: pages stay whole without it; with it they follow what happens, count down and copy.
enum Script {
  static let text = #"""
    "use strict";
    (() => {
      const main = () => document.getElementById("main");
      // Whoever types, has typed, holds a button down or selects is not disturbed.
      let isPressed = false;
      addEventListener("pointerdown", () => { isPressed = true; }, true);
      addEventListener("pointerup", () => setTimeout(() => { isPressed = false; }, 300), true);
      addEventListener("pointercancel", () => { isPressed = false; }, true);
      const isDirty = (field) => {
        if (field.type === "hidden") return false;
        if (field.type === "checkbox") return field.checked !== field.defaultChecked;
        if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
        const place = [...field.options].findIndex((option) => option.defaultSelected);
        return field.selectedIndex !== Math.max(0, place);
      };
      const busy = () => {
        const at = document.activeElement;
        return isPressed || (at && at.closest("form")) || String(getSelection()).length > 0
          || [...main().querySelectorAll("form :is(input,textarea,select)")].some(isDirty);
      };

      // What happens on the server is fetched whole and put in place; whoever types or selects is not disturbed.
      let isFetching = false, isStale = false, last = 0;
      const gap = 400;
      const refresh = async () => {
        if (isFetching) { isStale = true; return; }
        if (busy()) { isStale = true; return; }
        const wait = last + gap - performance.now();
        if (wait > 0) { isStale = true; setTimeout(() => isStale && refresh(), wait); return; }
        isFetching = true; isStale = false; last = performance.now();
        try {
          const url = new URL(location.href);
          url.searchParams.delete("said");
          const answer = await fetch(url, { headers: { "X-Bellcrank-Live": "1" }, cache: "no-store" });
          if (answer.ok && !busy()) swap(await answer.text());
        } catch (error) {
          isStale = true;
        } finally {
          isFetching = false;
          if (isStale && !busy()) setTimeout(refresh, gap);
        }
      };
      const swap = (text) => {
        const page = new DOMParser().parseFromString(text, "text/html");
        const fresh = page.getElementById("main");
        if (!fresh) return;
        const focused = document.activeElement && document.activeElement.getAttribute("href");
        const scrolls = [...document.querySelectorAll(".picture")].map((box) => box.scrollLeft);
        const said = main().querySelector(".said");
        if (said && !fresh.querySelector(".said")) fresh.prepend(said);
        main().replaceWith(fresh);
        document.title = page.title;
        document.querySelectorAll(".picture").forEach((box, place) => { box.scrollLeft = scrolls[place] || 0; });
        if (focused) {
          const again = main().querySelector(`a[href="${CSS.escape(focused)}"]`);
          if (again) again.focus({ preventScroll: true });
        }
        dress();
      };
      // A browser opens few connections to one host, so only a page that is seen follows along.
      let source = null;
      const follow = () => {
        const live = main() && main().dataset.live;
        if (!live || !("EventSource" in window) || document.hidden || source) return;
        source = new EventSource(live);
        source.addEventListener("changed", refresh);
      };
      const rest = () => {
        if (source) source.close();
        source = null;
      };
      follow();
      addEventListener("pagehide", rest);
      document.addEventListener("visibilitychange", () => {
        if (document.hidden) { rest(); } else { follow(); refresh(); }
      });
      addEventListener("focusout", () => { if (isStale) setTimeout(refresh, gap); });

      // A button that copies, behind every command.
      const labels = document.documentElement.lang === "ko"
        ? { copy: "복사", copied: "복사됨" } : { copy: "Copy", copied: "Copied" };
      const dress = () => {
        document.querySelectorAll("footer pre").forEach((pre) => {
          if (pre.nextElementSibling && pre.nextElementSibling.className === "copy") return;
          const button = document.createElement("button");
          button.type = "button";
          button.className = "copy";
          button.textContent = labels.copy;
          button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(pre.textContent);
            button.textContent = labels.copied;
          });
          pre.after(button);
        });
      };
      dress();

      // What a run would take otherwise than the environment has it.
      const differ = (form) => {
        const line = form.querySelector(".diff");
        if (!line) return;
        line.dataset.same = line.dataset.same || line.textContent;
        const changes = [...form.querySelectorAll("[data-default]")]
          .filter((field) => field.value && field.value !== field.dataset.default)
          .map((field) => `${field.name}: ${field.dataset.default} → ${field.value}`);
        line.textContent = changes.join(" · ") || line.dataset.same;
      };
      addEventListener("input", (event) => event.target.form && differ(event.target.form));

      // The lab answers as one types.
      const pattern = document.querySelector("textarea[name=pattern]");
      if (pattern) {
        let timer = 0;
        pattern.addEventListener("input", () => {
          clearTimeout(timer);
          timer = setTimeout(async () => {
            const url = new URL(location.href);
            url.searchParams.set("pattern", pattern.value);
            let answer;
            try { answer = await fetch(url, { headers: { "X-Bellcrank-Live": "1" } }); } catch { return; }
            if (!answer.ok) return;
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
            const old = [...main().querySelectorAll("section")].slice(1);
            old.forEach((section) => section.remove());
            const footer = main().querySelector("footer");
            [...fresh.querySelectorAll("#main > section")].slice(1).forEach((section) => footer.before(section));
            history.replaceState(null, "", url);
          }, 120);
        });
      }
    })();

    """#
}
