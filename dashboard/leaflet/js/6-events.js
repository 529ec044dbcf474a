/* Mouse, touch and keyboard on the map. */
(function (root) {
  "use strict";
  var ns = root.AnxingMap, L = root.L, make = ns.make;

  function told(at) {
    var tips = at && at.layer.tipList;
    return tips && tips[at.index] ? ns.decode(tips[at.index]) : "";
  }

  function same(a, b) {
    return a === b || Boolean(a && b && a.layer === b.layer && a.index === b.index);
  }

  ns.listen = function (c) {
    var map = c.map, frame = 0, last = null;
    var tip = L.tooltip({ className: "anxing-tip", direction: "top", offset: [0, -10], opacity: 1 });

    function show(text, point) {
      if (!text) { map.closeTooltip(tip); return; }
      tip.setContent(make("div", "", text)).setLatLng(map.containerPointToLatLng(point));
      if (!map.hasLayer(tip)) map.openTooltip(tip);
    }

    function looked(point, slack) {
      var said = c.layers.filter(function (l) { return l.pickable || l.tipList; });
      return ns.hit(map, said, point, slack);
    }

    function hover() {
      frame = 0;
      if (!c.map || !last) return;
      var at = looked(last, 3);
      if (!same(at, c.hovered)) { c.hovered = at && at.layer.pickable ? at : null; c.marker.redraw(); }
      c.node.style.cursor = at && at.layer.pickable ? "pointer" : "";
      show(told(at), last);
    }

    map.on("mousemove", function (e) {
      if (map.dragging && map.dragging.moving && map.dragging.moving()) return;
      if (e.originalEvent.pointerType === "touch") return;
      last = e.containerPoint;
      if (!frame) frame = requestAnimationFrame(hover);
    });
    map.on("mouseout movestart zoomstart", function () {
      last = null;
      show("");
      if (c.hovered) { c.hovered = null; c.marker.redraw(); }
    });
    map.on("moveend", function () { c.remember(); });

    map.on("click", function (e) {
      var slack = e.originalEvent && e.originalEvent.pointerType === "touch" ? 12 : 3;
      choose(e.containerPoint, slack);
    });

    function choose(point, slack) {
      var at = ns.hit(map, c.layers.filter(function (l) { return l.pickable; }), point, slack);
      show(told(at || looked(point, slack)), point);
      if (!same(at, c.selected)) c.pick(at);
    }

    /* Keyboard: arrows and +/- move the map, Enter picks what lies under the cross. */
    c.node.addEventListener("mousedown", function () { c.node.classList.remove("anxing-keys"); });
    c.node.addEventListener("blur", function () { c.node.classList.remove("anxing-keys"); });
    c.node.addEventListener("keydown", function (e) {
      if (e.target !== c.node) return;
      c.node.classList.add("anxing-keys");
      if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(map.getSize().divideBy(2), 6); }
      if (e.key === "Escape") { show(""); if (c.selected) c.pick(null); }
    });
    map.on("moveend", function () {
      if (!c.node.classList.contains("anxing-keys")) return;
      c.live.textContent = told(looked(map.getSize().divideBy(2), 6));
    });
  };
})(window);
