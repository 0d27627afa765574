/** How others see one: name, colour and sign; and the time zone that one lives by. */

import { type FormEvent, useState } from "react";
import { account, me } from "../api/here.ts";
import { updateMe } from "../api/me.ts";
import type { User } from "../api/models.ts";
import { ApiProblem } from "../api/problem.ts";
import { faultWords } from "../i18n/fault-words.ts";
import { AVATARS, Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Field, Select } from "../parts/field.tsx";
import { toast } from "../state/toasts.ts";
import { useWords } from "../state/words.ts";

const NAME_MOST = 100;
const COLORS = ["#1971c2", "#e03131", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599", "#c2255c", "#6741d9"];
const INITIALS = "initials";
const OF_THE_BROWSER = Intl.DateTimeFormat().resolvedOptions().timeZone;

type Part = "name" | "color" | "avatar" | "time_zone";
type Profile = Readonly<Record<Part, string>>;

function profileOf(user: User): Profile {
  const { name, color, avatar = INITIALS, time_zone = OF_THE_BROWSER } = user;
  return { name, color, avatar, time_zone };
}

/** What of it is another than before: what one did not touch is not sent. */
export function changeOf(user: User, wanted: Profile): Partial<Profile> {
  const before = profileOf(user);
  const parts = (Object.keys(wanted) as Part[]).filter((part) => wanted[part] !== before[part]);
  return Object.fromEntries(parts.map((part) => [part, wanted[part]]));
}

export function ProfileCard({ user }: { readonly user: User }) {
  const t = useWords();
  const [profile, setProfile] = useState<Profile>(() => profileOf(user));
  const [faults, setFaults] = useState<Partial<Profile>>({});
  const [busy, setBusy] = useState(false);
  const { name, color, avatar } = profile;
  const change = changeOf(user, { ...profile, name: name.trim() });
  const set = (part: Partial<Profile>): void => setProfile((before) => ({ ...before, ...part }));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFaults({});
    try {
      account.changed(await updateMe(me, change));
      toast(t("settings.saved"));
    } catch (error) {
      if (error instanceof ApiProblem && error.errors.some(({ path }) => path.slice(1) in profile)) {
        setFaults(Object.fromEntries(error.errors.map(({ path }) => [path.slice(1), t("field.invalid")])));
      } else {
        toast(faultWords(t, error), { tone: "error" });
      }
    }
    setBusy(false);
  };

  const colors = COLORS.includes(user.color) ? COLORS : [user.color, ...COLORS];
  const avatars = AVATARS.includes(avatar) ? AVATARS : [avatar, ...AVATARS];
  return (
    <form className="card" onSubmit={submit} noValidate>
      <h2>{t("settings.profile")}</h2>
      <div className="settings-person">
        <Avatar name={name} color={color} sign={avatar} />
        <span>{user.email}</span>
      </div>
      <Field
        label={t("auth.name")}
        fault={faults.name ?? null}
        value={name}
        onValue={(wanted) => set({ name: wanted })}
        maxLength={NAME_MOST}
        autoComplete="name"
        required
      />
      <fieldset className="swatches">
        <legend className="field-label">{t("settings.color")}</legend>
        {colors.map((one, place) => (
          <label key={one} className="swatch" style={{ "--person": one } as React.CSSProperties}>
            <input type="radio" name="color" checked={color === one} onChange={() => set({ color: one })} />
            <span className="sr-only">{t("settings.color.one", { n: place + 1, color: one })}</span>
          </label>
        ))}
      </fieldset>
      <fieldset className="swatches">
        <legend className="field-label">{t("settings.avatar")}</legend>
        {avatars.map((one) => (
          <label key={one} className="avatar-choice">
            <input type="radio" name="avatar" checked={avatar === one} onChange={() => set({ avatar: one })} />
            <Avatar name={name} color={color} sign={one} />
            <span className="sr-only">{one === INITIALS ? t("settings.avatar.initials") : one}</span>
          </label>
        ))}
      </fieldset>
      {faults.avatar === undefined ? null : <p className="form-fault">{faults.avatar}</p>}
      <TimeZone value={profile.time_zone} onValue={(zone) => set({ time_zone: zone })} />
      {faults.time_zone === undefined ? null : <p className="form-fault">{faults.time_zone}</p>}
      <div className="card-actions">
        <Button type="submit" look="main" busy={busy} disabled={name.trim() === "" || Object.keys(change).length === 0}>
          {t("common.save")}
        </Button>
      </div>
    </form>
  );
}

function TimeZone({ value, onValue }: { readonly value: string; readonly onValue: (zone: string) => void }) {
  const t = useWords();
  const known = Intl.supportedValuesOf("timeZone");
  const zones = known.includes(value) ? known : [value, ...known];
  return (
    <Select
      label={t("settings.timeZone")}
      value={value}
      options={zones.map((zone) => ({ value: zone, text: zone.replaceAll("_", " ") }))}
      onValue={onValue}
    />
  );
}
