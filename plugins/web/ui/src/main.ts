import "./style/base.css";
import "./style/login.css";
import "./style/side.css";
import "./style/conversation.css";
import "./style/actions.css";
import "./style/dialog.css";
import "./style/poll.css";
import "./style/phone.css";
import { Session, environment, rest } from "@parley/client";
import { ChatView } from "./chat_view.ts";
import { arrange } from "./dom.ts";
import { loginView } from "./login_view.ts";
import { windowSession } from "./window_session.ts";

const page = document.getElementById("page")!;
let title = document.title;
let view: ChatView | undefined;

function showLogin(notice = ""): void {
  view?.close();
  view = undefined;
  arrange(page, [loginView(title, notice, enter)]);
}

function enter(session: Session): void {
  const leave = (notice: string): void => {
    if (!view) return; // already
    showLogin(notice);
    if (!session.ended) void session.logout();
  };
  const logout = (): void => {
    history.replaceState(null, "", location.pathname);
    leave("");
  };
  view = new ChatView(title, session, logout, leave);
  arrange(page, [view.element]);
}

async function begin(): Promise<void> {
  const stored = await Session.restore(location.origin, { storage: windowSession });
  try {
    const settings = `${location.origin}/v1/web/settings`;
    title = (await rest<{ title: string }>(environment(), "GET", settings)).title;
    document.title = title;
  } catch {
    // The page is called Parley then.
  }
  if (stored) enter(stored);
  else showLogin();
}

void begin();
