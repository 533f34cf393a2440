// Better with it, complete without it: forms are sent once, articles go into the cart without leaving the page, and the
// page of an order follows its status.

const notices = document.querySelector("[data-notices]");

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button[type=submit]");
    if (!button || form.hasAttribute("data-add")) return;
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    button.setAttribute("aria-disabled", "true");
  });
}

// A page that comes back from the browser's cache has its buttons again.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
});

document.querySelector("[data-focus]")?.focus();

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function take(page) {
  const [now, then] = [document, page].map((root) => root.querySelector("[data-cart-count]"));
  if (now && then) {
    now.replaceChildren(...then.childNodes);
    now.hidden = then.hidden;
  }
  notices.replaceChildren(...(page.querySelector("[data-notices]")?.childNodes ?? []));
  notices.scrollIntoView({ block: "nearest" });
}

const add = document.querySelector("form[data-add]");
add?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = add.querySelector("button[type=submit]");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(add.action, { method: "POST", body: new URLSearchParams(new FormData(add)) });
    const page = parsed(await answer.text());
    // Anything but the product's own page, such as a sign-in that is over, is shown as a page.
    if (answer.ok && page.querySelector("form[data-add]")) take(page);
    else if (answer.redirected) location.assign(answer.url);
    else document.querySelector("main").replaceWith(page.querySelector("main"));
  } catch {
    add.submit();
  } finally {
    button.removeAttribute("aria-disabled");
  }
});

const INTERVAL = 2000;
const MOST = 60;

async function follow(section, left) {
  await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const then = answer.ok && !answer.redirected ? parsed(await answer.text()).querySelector("[data-status]") : null;
    if (then && then.dataset.status !== section.dataset.status) {
      section.replaceWith(then);
      const said = document.createElement("p");
      said.className = "notice done";
      said.textContent = then.querySelector("[data-status-text]").textContent;
      notices.append(said);
      section = then;
    }
  } catch {
    // The network is away; the next time may do.
  }
  if (left > 0 && section.hasAttribute("data-moving")) await follow(section, left - 1);
}

const moving = document.querySelector("[data-moving]");
if (moving) follow(moving, MOST);
