// What the browser keeps for us under a name, as JSON. Where it keeps nothing (in a frame, it may not), this page remembers it.

/** `kind`: sessionStorage (this tab) or localStorage (this browser); `empty` makes the value where there is none. */
export function stored(kind, name, empty) {
  let remembered = null;
  return {
    read() {
      try {
        return JSON.parse(window[kind].getItem(name)) ?? remembered ?? empty();
      } catch {
        return remembered ?? empty();
      }
    },
    write(value) {
      remembered = value;
      try {
        window[kind].setItem(name, JSON.stringify(value));
      } catch {
        // full or forbidden: remembered is all there is
      }
    },
  };
}
