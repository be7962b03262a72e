// Registering and logging in: one form, two ways to send it.

import { ParleyError, Session, sentence } from "@parley/client";
import { el, setAttribute, setText } from "./dom.ts";
import { windowSession } from "./window_session.ts";

const NAME_RULE = "A user name has 2 to 32 letters (a–z), digits, dots, dashes or underscores, " +
  "and begins with a letter, a digit or an underscore.";

type Mode = "login" | "register";

export function loginView(title: string, notice: string, done: (session: Session) => void): HTMLElement {
  let mode: Mode = "login";

  const heading = el("h1", {}, title);
  const login = input("login", "text", { required: true, autocapitalize: "none", spellcheck: "false" });
  const shown = input("display_name", "text", { autocomplete: "nickname", maxlength: "64" });
  const password = input("password", "password", { required: true });
  const loginLabel = el("label", { for: "login" });
  const shownField = field(el("label", { for: "display_name" }, "Display name"), shown,
    el("p", { class: "hint", id: "display_name-hint" }, "What others see. You may leave it empty."));
  shown.setAttribute("aria-describedby", "display_name-hint");
  const loginHint = el("p", { class: "hint", id: "login-hint" });
  login.setAttribute("aria-describedby", "login-hint");
  const problem = el("p", { class: "problem", role: "alert" });
  const submit = el("button", { class: "primary", type: "submit" });
  const other = el("button", { class: "link", type: "button" });
  const form = el("form", { class: "card", novalidate: true },
    heading,
    notice ? el("p", { class: "notice", role: "status" }, notice) : undefined,
    field(loginLabel, login, loginHint), shownField,
    field(el("label", { for: "password" }, "Password"), password),
    problem, submit, other);

  function paint(): void {
    const registering = mode === "register";
    setText(loginLabel, registering ? "User name" : "User name or email");
    setText(loginHint, registering ? "2 to 32 of a–z, 0–9, dot, dash, underscore. Others find you by it." : "");
    setAttribute(login, "autocomplete", "username");
    setAttribute(password, "autocomplete", registering ? "new-password" : "current-password");
    shownField.hidden = !registering;
    loginHint.hidden = !registering;
    setText(submit, registering ? "Create account" : "Log in");
    setText(other, registering ? "I have an account: log in" : "New here? Create an account");
    setText(problem, "");
  }

  other.addEventListener("click", () => {
    mode = mode === "login" ? "register" : "login";
    paint();
    login.focus();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    const missing = !login.value.trim() ? login : !password.value ? password : undefined;
    if (missing) {
      setText(problem, missing === login ? "Write your user name." : "Write your password.");
      missing.focus();
      return;
    }
    submit.disabled = true;
    setText(problem, "");
    ask(mode, login.value.trim(), shown.value.trim(), password.value).then(done, (reason: unknown) => {
      const aboutName = reason instanceof ParleyError && /^\/(name|email|login)$/.test(reason.field);
      // What the server says of a form that it does not know is for programmers.
      setText(problem, aboutName && reason.code === "invalid_params"
        ? (reason.field === "/email" ? "This is not an email address." : NAME_RULE) : sentence(reason));
      submit.disabled = false;
      const wrong = aboutName ? login : password;
      wrong.focus();
      wrong.select();
    });
  });

  paint();
  queueMicrotask(() => login.focus());
  return el("main", { class: "login" }, form);
}

function ask(mode: Mode, login: string, shown: string, password: string): Promise<Session> {
  const device = "Web page";
  const options = { storage: windowSession };
  if (mode === "login") return Session.login(location.origin, { login, password, device }, options);
  return Session.register(location.origin, {
    ...(login.includes("@") ? { email: login } : { name: login.toLowerCase() }),
    password,
    device,
    ...(shown ? { display_name: shown } : {}),
  }, options);
}

function input(name: string, type: string, more: Record<string, string | boolean> = {}): HTMLInputElement {
  return el("input", { id: name, name, type, ...more });
}

function field(...children: HTMLElement[]): HTMLElement {
  return el("div", { class: "field" }, ...children);
}
