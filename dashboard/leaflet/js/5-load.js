/* Fetching what is named by its hash, once, and words for tools that are not ours. */
(function (root) {
  "use strict";
  var ns = root.AnxingMap, cache = new Map(), CACHED = 48;

  /* Content is named by its hash, so what was fetched once is never fetched again. */
  function cached(key, load) {
    if (cache.has(key)) return cache.get(key);
    var promise = load();
    cache.set(key, promise);
    promise.catch(function () { cache.delete(key); });
    if (cache.size > CACHED) cache.delete(cache.keys().next().value);
    return promise;
  }

  function fetchJson(base, url) {
    return fetch(base + url, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) throw new Error(url.split("?")[0] + ": " + answer.status);
      return answer.json();
    });
  }

  ns.loadGeometry = function (spec, base, datum) {
    return cached("g" + spec.hash + datum, function () {
      if (spec.kind === "points") {
        var text = spec.text === undefined ? fetchJson(base, spec.url) : Promise.resolve(spec.text);
        return text.then(function (packed) { return ns.packPoints(packed, datum); });
      }
      var json = spec.json ? Promise.resolve(spec.json) : fetchJson(base, spec.url);
      return json.then(function (data) { return ns.packShapes(data, datum); });
    });
  };

  ns.loadTips = function (spec, base) {
    if (!spec) return Promise.resolve(null);
    if (spec.list) return Promise.resolve(spec.list);
    return cached("t" + spec.hash, function () { return fetchJson(base, spec.url); });
  };

  /* Writes a tree of words over another, leaf by leaf. */
  ns.words = function (into, words) {
    Object.keys(words).forEach(function (k) {
      if (typeof words[k] === "string") into[k] = words[k]; else ns.words(into[k], words[k]);
    });
  };
})(window);
