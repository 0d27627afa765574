/** A button that opens a list of things to do; arrows, Home, End and Escape work in it. */

import { type MouseEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  /** Where two items may say the same. */
  readonly id?: string;
  readonly text: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly checked?: boolean;
  readonly run: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly triggerClass?: string;
  readonly groups: readonly (readonly MenuItem[])[];
  readonly header?: ReactNode;
}

interface Place {
  readonly top: number;
  readonly left: number;
}

const GAP = 6;
const MARGIN = 8;

export function Menu({ label, trigger, triggerClass = "icon-button", groups, header }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        className={triggerClass}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        title={label}
        onClick={(event) => {
          event.stopPropagation();
          setOpen(!open);
        }}
      >
        {trigger}
      </button>
      {open ? (
        <MenuList id={id} label={label} groups={groups} header={header} anchor={button.current} close={close} />
      ) : null}
    </>
  );
}

interface MenuListProps extends Pick<MenuProps, "label" | "groups" | "header"> {
  readonly id: string;
  readonly anchor: HTMLElement | null;
  readonly close: () => void;
}

function MenuList({ id, label, groups, header, anchor, close }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const closing = useRef(close);
  closing.current = close;

  useLayoutEffect(() => {
    const menu = list.current;
    if (anchor === null || menu === null) {
      return;
    }
    const at = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = menu;
    const below = at.bottom + GAP + height <= window.innerHeight - MARGIN;
    const left = Math.min(Math.max(MARGIN, at.right - width), window.innerWidth - width - MARGIN);
    setPlace({ top: Math.max(MARGIN, below ? at.bottom + GAP : at.top - GAP - height), left });
  }, [anchor]);

  // What is not yet visible cannot take the focus.
  const isPlaced = place !== null;
  useLayoutEffect(() => {
    if (isPlaced) {
      list.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    }
  }, [isPlaced]);

  useEffect(() => {
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node && (list.current?.contains(event.target) || anchor?.contains(event.target)))) {
        closing.current();
      }
    };
    const leave = (): void => closing.current();
    document.addEventListener("pointerdown", outside, true);
    window.addEventListener("resize", leave);
    return () => {
      document.removeEventListener("pointerdown", outside, true);
      window.removeEventListener("resize", leave);
    };
  }, [anchor]);

  const move = (event: React.KeyboardEvent): void => {
    event.stopPropagation();
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next: Partial<Record<string, number>> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const to = next[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[to]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close();
    }
  };

  return (
    <div
      ref={list}
      id={id}
      className="menu"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      style={place === null ? { visibility: "hidden" } : { top: place.top, left: place.left }}
      onKeyDown={move}
    >
      {header}
      {groups
        .filter((group) => group.length > 0)
        .map((group) => (
          <fieldset className="menu-group" key={group.map(keyOf).join()}>
            {group.map((item) => (
              <Item key={keyOf(item)} item={item} close={close} />
            ))}
          </fieldset>
        ))}
    </div>
  );
}

function keyOf(item: MenuItem): string {
  return item.id ?? item.text;
}

function Item({ item, close }: { readonly item: MenuItem; readonly close: () => void }) {
  const run = (event: MouseEvent): void => {
    event.stopPropagation();
    close();
    item.run();
  };
  if (item.checked !== undefined) {
    return (
      <button type="button" role="menuitemradio" aria-checked={item.checked} className="menu-item" onClick={run}>
        <span className="menu-icon">{item.checked ? <Icon name="check" size={18} /> : null}</span>
        {item.text}
      </button>
    );
  }
  return (
    <button type="button" role="menuitem" className={`menu-item ${item.danger ? "is-danger" : ""}`} onClick={run}>
      <span className="menu-icon">{item.icon ? <Icon name={item.icon} size={18} /> : null}</span>
      {item.text}
    </button>
  );
}
