/** @file Brings the person along into the window: the host's page knows who they are, the window's cookies may not. */

/**
 * Posts the session to the gateway from the window's own empty document, which has the host's origin: the gateway takes it
 * from no other. It never shows in an address, and the window goes on to the connect page.
 *
 * @param {Window} opened still empty
 * @param {string} url of the connect page
 * @param {string} session
 */
export function handOver(opened, url, session) {
  const { document } = opened;
  // The empty document has the host's Content-Security-Policy as well. Where that forbids the form, the person has to sign in.
  document.addEventListener("securitypolicyviolation", () => opened.location.replace(url));
  // The host's own policy may hide where a form comes from.
  const referrer = document.createElement("meta");
  referrer.name = "referrer";
  referrer.content = "strict-origin";
  document.head.append(referrer);
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${url}/enter`;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "session";
  field.value = session;
  form.append(field);
  document.body.append(form);
  form.submit();
}
