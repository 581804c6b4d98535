// Detail: the page asks for itself again, and takes what changed; what the reader has open or scrolled stays.

const EVERY_MS = 4_000;
let tag = null;

async function again() {
  if (document.hidden) return;
  const live = document.getElementById("live");
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html", ...(tag ? { "if-none-match": tag } : {}) }, cache: "no-store" });
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
    tag = answer.headers.get("etag");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = fresh.title;
    for (const id of ["content", "live"]) {
      const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
      if (old && now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
    }
    live.classList.remove("warn");
  } catch {
    live.classList.add("warn");
    live.title = "The page cannot be read now; it is asked for again";
  }
}

setInterval(again, EVERY_MS);
