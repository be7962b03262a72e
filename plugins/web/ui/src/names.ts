// Who an account is, asked once for each and remembered.

import type { Profile } from "./types.ts";

export class Names {
  private readonly known = new Map<string, Profile>();
  private readonly asked = new Set<string>();

  constructor(
    private readonly get: (account: string) => Promise<Profile>,
    private readonly changed: () => void,
  ) {}

  // What is known now; what is not is fetched, and announced by `changed`.
  profile(account: string): Profile | undefined {
    const profile = this.known.get(account);
    if (!profile && !this.asked.has(account)) {
      this.asked.add(account);
      this.get(account).then(
        (found) => this.learn([found]),
        () => this.asked.delete(account),
      );
    }
    return profile;
  }

  name(account: string): string {
    return this.profile(account)?.display_name ?? "…";
  }

  // How others find this account; bots and those who logged in by email alone may have none.
  handle(account: string): string {
    const name = this.profile(account)?.name;
    return name ? `@${name}` : "";
  }

  learn(profiles: readonly Profile[]): void {
    let news = false;
    for (const profile of profiles) {
      if (this.known.get(profile.id)?.display_name === profile.display_name) continue;
      this.known.set(profile.id, profile);
      news = true;
    }
    if (news) this.changed();
  }
}
