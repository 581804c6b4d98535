// Tracking: the page is right as it came; this only asks for it again while it is looked at.
const EVERY_MS = 20_000;
const live = document.getElementById("live");
const age = document.getElementById("age");

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (fresh && fresh.innerHTML !== live.innerHTML) live.replaceChildren(...fresh.childNodes);
    if (fresh) age.textContent = page.getElementById("age").textContent;
    live.dataset.refreshed = String(Number(live.dataset.refreshed ?? 0) + 1);
  } catch {
    // No signal: what stands here is of the time that it says.
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
