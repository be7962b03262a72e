import "./style/base.css";
import "./style/login.css";
import "./style/side.css";
import "./style/conversation.css";
import "./style/actions.css";
import "./style/dialog.css";
import "./style/poll.css";
import "./style/phone.css";
import { ChatView } from "./chat_view.ts";
import { arrange } from "./dom.ts";
import { loginView } from "./login_view.ts";
import { rest } from "./rest.ts";
import { Session } from "./session.ts";
import type { Tokens } from "./types.ts";

const page = document.getElementById("page")!;
let title = document.title;
let view: ChatView | undefined;

function showLogin(notice = ""): void {
  view?.close();
  view = undefined;
  arrange(page, [loginView(title, notice, enter)]);
}

function enter(tokens: Tokens): void {
  const session = Session.open(tokens, (why) => showLogin(why), () => view?.chats.reauthenticate());
  const leave = async (): Promise<void> => {
    history.replaceState(null, "", location.pathname);
    showLogin();
    await session.logout();
  };
  const refused = (): void => {
    session.forget();
    showLogin("Please log in again.");
  };
  view = new ChatView(title, session, () => void leave(), refused);
  arrange(page, [view.element]);
}

async function begin(): Promise<void> {
  const stored = await Session.stored();
  try {
    title = (await rest<{ title: string }>("GET", "/v1/web/settings")).title;
    document.title = title;
  } catch {
    // The page is called Parley then.
  }
  if (stored) enter(stored);
  else showLogin();
}

void begin();
