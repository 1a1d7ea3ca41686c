// Sends the form as JSON, with the token that stands behind the # of the link.
const form = document.querySelector("form");
const status = form.querySelector("[role=status]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = Object.fromEntries(new FormData(form));
  body.token = location.hash.slice(1);
  status.textContent = "…";
  const answer = await fetch(form.dataset.post, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.ok) {
    history.replaceState(null, "", location.pathname);
    form.reset();
    status.textContent = form.dataset.done;
  } else {
    const problem = await answer.json();
    const errors = (problem.errors ?? []).map((error) => `${error.pointer.slice(1)} ${error.detail}`);
    status.textContent = errors.join("; ") || problem.detail;
  }
});
