// The page's end of the socket: what a widget's model is in JupyterLab.

const SILENT = 2500; // milliseconds without a sign of life after which the connection is taken to be lost
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const theme = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
theme();
dark.addEventListener("change", theme);

class Model {
  constructor(root) {
    this.root = root;
    this.state = { tree: { t: "div" }, route: "", title: "" };
    this.listeners = new Map();
    this.typed = new Map();
    this.page = sessionStorage.getItem(this.key) || "";
    this.isServed = true;
    this.isUp = false;
    this.isOver = false;
    this.wait = 300;
    this.banner = make("div", { class: "co-notice co-notice-warning co-connection", role: "alert" });
    this.banner.hidden = true;
    root.append(this.banner);
    this.connect();
    setInterval(() => this.beat(), 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.beat(); });
    window.addEventListener("online", () => this.connect());
    window.addEventListener("offline", () => this.lose());
  }
  get key() { return "clientops page " + location.pathname; }
  get(name) { return this.state[name]; }
  on(event, heard) { this.listeners.set(event, [...(this.listeners.get(event) || []), heard]); }
  off(event, heard) { this.listeners.set(event, (this.listeners.get(event) || []).filter((other) => other !== heard)); }
  tell(event, value) { (this.listeners.get(event) || []).forEach((heard) => heard(value)); }

  /** Send what happened. What cannot be sent now is not sent later, except for what was typed: the person would not expect it. */
  send(message) {
    if (this.isUp) return this.socket.send(JSON.stringify(message));
    const values = message.v && (message.v.values || (typeof message.v === "object" && !message.ask && message.v));
    if (values) this.typed.set(message.h, message);
    if (message.ask) this.tell("msg:custom", { reply: message.ask, v: { options: [], rows: [], total: 0, error: "gone", message: "There is no connection." } });
    this.tell("msg:custom", { done: true });
    this.show();
  }

  connect() {
    if (this.isOver || (this.socket && this.socket.readyState < 2)) return;
    clearTimeout(this.timer);
    const address = new URL(this.root.dataset.socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onopen = () => { this.heardAt = performance.now(); socket.send(JSON.stringify({ hello: this.page })); };
    socket.onmessage = (event) => { if (socket === this.socket) this.heard(JSON.parse(event.data)); };
    socket.onclose = () => { if (socket === this.socket) this.lose(); };
  }

  heard(message) {
    this.heardAt = performance.now();
    if (message.page) return this.arrive(message);
    if (message.ended) return this.end("Your session has ended.", "Sign in again");
    if (message.busy) return this.end("Too many pages are open. Close some, or wait a moment.", "Try again");
    if (message.leaving) return this.lose();
    if (message.state) this.take(message.state);
    if (message.msg) this.tell("msg:custom", message.msg);
  }

  arrive({ page, resumed }) {
    this.page = page;
    sessionStorage.setItem(this.key, page);
    const wasUp = this.wasUp;
    this.isUp = this.wasUp = true;
    this.wait = 300;
    this.banner.hidden = true;
    if (resumed) this.typed.forEach((message) => this.socket.send(JSON.stringify(message)));
    this.typed.clear();
    // A page that is new to the server is shown what the address says.
    if (!resumed && wasUp) this.send({ h: "route", v: location.hash.slice(1) });
    if (!wasUp) this.started(resumed);
  }

  take(state) {
    Object.assign(this.state, state);
    if (state.route !== undefined) sessionStorage.setItem(this.key + " at", state.route);
    for (const name of Object.keys(state)) this.tell("change:" + name, state[name]);
  }

  beat() {
    if (this.isOver) return;
    if (this.isUp && this.socket.readyState === 1) {
      if (performance.now() - this.heardAt > SILENT) return this.lose();
      this.socket.send(JSON.stringify({ ping: 1 }));
    } else if (!this.isUp && this.socket.readyState === 0 && performance.now() - this.heardAt > 8000) this.lose();
  }

  lose() {
    if (this.isOver) return;
    this.isUp = false;
    const socket = this.socket;
    this.socket = { readyState: 3 };
    if (socket.close) { socket.onclose = socket.onmessage = null; socket.close(); }
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 1.6, 4000);
    fetch(this.root.dataset.check, { cache: "no-store", redirect: "manual" }).then((answer) => {
      if (answer.status === 401) this.end("Your session has ended.", "Sign in again");
    }).catch(() => {});
  }

  show() {
    if (!this.banner.hidden) return;
    this.banner.replaceChildren(icon("warning"), make("div", { class: "co-notice-text" },
      make("p", {}, "The connection to the server is lost. It is being tried again; nothing you click now is sent, and what you type is kept.")));
    this.banner.hidden = false;
  }

  end(text, action) {
    this.isOver = true;
    this.isUp = false;
    clearTimeout(this.timer);
    this.banner.replaceChildren(icon("warning"), make("div", { class: "co-notice-text" }, make("p", {}, text),
      make("button", { type: "button", class: "co-button", onclick: () => location.reload() }, action)));
    this.banner.hidden = false;
  }

  started(resumed) {
    this.root.querySelector(".co-opening")?.remove();
    // Another address than where the page was left, such as the link of a mail, is gone to.
    const isThere = location.hash.slice(1) === (sessionStorage.getItem(this.key + " at") || "");
    render({ model: this, el: this.root, isResumed: resumed && isThere });
    this.root.append(this.banner);
  }
}

new Model(document.getElementById("screen"));
