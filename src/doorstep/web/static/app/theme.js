// Runs before the first paint, so that nobody who chose the dark theme sees a white flash.
{
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
