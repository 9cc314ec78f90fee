// Dark where the person's system is; and the secret of a link, which stands behind # so that no server's log has it, goes into its form.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const theme = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
theme();
dark.addEventListener("change", theme);
const secret = document.querySelector("input[name=secret]");
if (secret && !secret.value) {
  secret.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}
const next = document.querySelector("input[name=next]");
if (next && !next.value) next.value = location.hash;
