// The end of a flow, in the popup. The result has travelled through the server already: this only tells the page that opened the
// window to look now, without saying anything, and closes a window that has done its work.
(() => {
  "use strict";
  // Long enough to see that it worked.
  const closesAfterMilliseconds = 1200;
  // The origin of the opener is not known here; there is nothing in the message that anyone could not know.
  if (window.opener) window.opener.postMessage({ type: "lanyard.flow-ended" }, "*");
  if (document.querySelector("[data-closes]")) setTimeout(() => window.close(), closesAfterMilliseconds);
})();
