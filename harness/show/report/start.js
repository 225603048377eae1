// The page begins: data are read, parts are put together, keys and the theme are listened to.

function themes() {
  const button = document.getElementById("theme"), root = document.documentElement;
  const order = ["auto", "light", "dark"];
  const set = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => set(order[(order.indexOf(root.dataset.theme ?? "auto") + 1) % 3]));
  button.hidden = false;
  set("auto");
}

/** What is folded is unfolded on paper, but for the longest texts. */
function printing() {
  window.addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("#surprising details")) each.open = true;
  });
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const details = new Details(data), verdicts = new Verdicts(data, (k) => details.of(k));
  verdicts.filter(false);
  verdicts.follow();
  new Precision(data).show();
  themes();
  printing();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    document.querySelector("input[type=search]").focus();
  });
}

start();
