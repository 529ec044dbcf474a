/* The map itself: takes one payload after another and changes only what differs. */
(function (root) {
  "use strict";
  var ns = root.AnxingMap, L = root.L, make = ns.make;
  var still = root.matchMedia && root.matchMedia("(prefers-reduced-motion: reduce)").matches;
  ns.memory = {};

  ns.newMap = function (node, base) {
    var step = base ? 1 : 0.25;
    return L.map(node, {
      attributionControl: false, zoomControl: false, minZoom: 2, maxZoom: 21, zoomSnap: step, zoomDelta: Math.max(step, 0.5),
      zoomAnimation: !still, fadeAnimation: false, inertia: !still, worldCopyJump: false, bounceAtZoomLimits: false,
    });
  };

  function Controller(map, options) {
    this.map = map;
    this.key = options.key;
    this.onPick = options.onPick || function () {};
    this.layers = [];
    this.ready = false;
    this.round = 0;
    this.node = map.getContainer();
    this.memory = options.key ? (ns.memory[options.key] = ns.memory[options.key] || { off: {} }) : { off: {} };
    this.node.classList.add("anxing-canvas");
    this.node.setAttribute("role", "application");
    var self = this;
    this.painter = new ns.Painter(function (c, v, r) { self.paint(c, v, r); }).addTo(map);
    this.marker = new ns.Painter(function (c, v) { self.paintMarks(c, v); }).addTo(map);
    this.legend = new ns.Legend().addTo(map);
    this.live = make("div", "anxing-live");
    this.live.setAttribute("aria-live", "polite");
    this.notice = make("div", "anxing-notice");
    this.notice.setAttribute("role", "status");
    this.cross = make("div", "anxing-cross");
    this.cross.setAttribute("aria-hidden", "true");
    [this.live, this.notice, this.cross].forEach(function (n) { self.node.appendChild(n); });
    ns.listen(this);
    /* Until its reader moves it, a map that grows or shrinks goes on showing its whole place. */
    map.on("movestart", function () { if (!self.moving) self.atHome = false; });
    this.observer = new ResizeObserver(function () { self.resized(); });
    this.observer.observe(this.node);
  }

  Controller.prototype = {
    paint: function (ctx, view, ratio) {
      this.layers.forEach(function (layer) {
        if (layer.on && layer.packed) ns.drawLayer(ctx, layer, view, ratio);
      });
    },

    paintMarks: function (ctx, view) {
      [[this.hovered, "#0b3d91"], [this.selected, "#b3005e"]].forEach(function (mark) {
        var at = mark[0];
        if (at && at.layer.on && at.layer.packed && at.index < at.layer.packed.n) {
          ns.drawOutline(ctx, at.layer, at.index, view, mark[1]);
        }
      });
    },

    update: function (payload) {
      var self = this, round = ++this.round, datum = payload.tiles ? payload.tiles.datum : "wgs84";
      var old = {};
      this.layers.forEach(function (l) { old[l.id] = l; });
      this.payload = payload;
      this.controls(payload);
      this.layers = payload.layers.map(function (spec) {
        var before = old[spec.id] || {}, layer = Object.assign({}, spec);
        layer.codes = ns.bytes(spec.codes);
        layer.on = spec.id in self.memory.off ? !self.memory.off[spec.id] : spec.visible;
        var same = before.hash === spec.data.hash;
        layer.hash = spec.data.hash;
        layer.packed = same ? before.packed : null;
        layer.tipList = same && before.tipHash === (spec.tips && spec.tips.hash) ? before.tipList : null;
        layer.tipHash = spec.tips && spec.tips.hash;
        return layer;
      });
      this.hovered = null;
      this.selected = this.chosen(payload.selected, this.selected);
      this.legend.show(payload.legend, this.layers, function (layer, on) { self.toggle(layer.id, on); });
      this.loaded = false;
      this.setReady(false);
      this.place();
      return Promise.all(this.layers.map(function (layer) {
        return Promise.all([ns.loadGeometry(layer.data, payload.base, datum), ns.loadTips(layer.tips, payload.base)])
          .then(function (got) { layer.packed = got[0]; layer.tipList = got[1]; if (!self.drawnOnce) self.painter.redraw(); });
      })).then(function () {
        /* The page's own text first: drawing a whole city takes a tenth of a second. */
        return new Promise(function (go) { setTimeout(go, self.drawnOnce ? 16 : 0); });
      }).then(function () {
        if (round !== self.round || !self.map) return;
        self.loaded = self.drawnOnce = true;
        self.painter.redrawNow();
        self.marker.redrawNow();
        self.setReady(self.placed);
      }).catch(function (error) {
        if (round !== self.round || !self.map) return;
        self.notice.textContent = payload.texts.failed;
        self.node.dataset.ready = "error";
        self.error = String(error);
      });
    },

    setReady: function (on) {
      this.ready = Boolean(on);
      this.node.dataset.ready = on ? "1" : "0";
      this.node.setAttribute("aria-busy", on ? "false" : "true");
      this.notice.textContent = on ? "" : this.payload.texts.loading;
    },

    /* Where to look is set once and again only when the page asks for another place. */
    place: function () {
      var place = this.payload.place, wanted = JSON.stringify(place), memory = this.memory;
      if (this.placed && this.placedAs === wanted) return;
      var size = this.measured();
      if (!size.x || !size.y) { this.placed = false; return; }
      if (!this.placed && memory.place === wanted && memory.centre) {
        this.map.setView(memory.centre, memory.zoom, { animate: false });
      } else this.home();
      this.placed = true;
      this.placedAs = memory.place = wanted;
      this.remember();
    },

    /* Leaflet keeps the size it measured first, which in a hidden tab is nothing. */
    measured: function () {
      this.map._sizeChanged = true;
      return this.map.getSize();
    },

    home: function () {
      this.moving = true;
      this.goHome();
      this.moving = false;
      this.atHome = true;
    },

    goHome: function () {
      var p = this.payload.place, move = ns.shift[this.payload.tiles ? this.payload.tiles.datum : "wgs84"];
      function at(lon, lat) { var m = move(lon, lat); return [m[1], m[0]]; }
      if (p.bounds) {
        this.map.fitBounds([at(p.bounds[0], p.bounds[1]), at(p.bounds[2], p.bounds[3])],
          { animate: false, paddingTopLeft: [12, 12], paddingBottomRight: [12 + this.legend.covers(), 12], maxZoom: 18 });
      } else this.map.setView(at(p.centre[0], p.centre[1]), p.zoom, { animate: false });
    },

    remember: function () {
      if (!this.placed) return;
      this.memory.centre = this.map.getCenter();
      this.memory.zoom = this.map.getZoom();
    },

    resized: function () {
      if (!this.map) return;
      this.moving = true;
      this.map.invalidateSize({ pan: true, animate: false });
      this.moving = false;
      var size = this.measured();
      this.legend.setHeight(size.y - 90);
      if (size.x && size.y && this.placed && this.atHome) this.home();
      if (size.x && size.y && !this.placed && this.payload) {
        this.place();
        if (this.loaded) this.setReady(true);
      }
    },

    controls: function (payload) {
      var t = payload.texts, self = this, made = JSON.stringify([t, payload.tiles]);
      this.node.setAttribute("aria-label", payload.title);
      this.node.setAttribute("lang", payload.lang);
      if (made === this.made) return;
      this.made = made;
      (this.parts || []).forEach(function (p) { p.remove(); });
      this.node.setAttribute("aria-description", t.keyboard);
      this.parts = [
        L.control.zoom({ zoomInTitle: t.zoom_in, zoomOutTitle: t.zoom_out }),
        new ns.HomeButton({ go: function () { self.home(); } }),
        L.control.scale({ imperial: false }),
      ];
      var tiles = payload.tiles;
      if (tiles) {
        this.parts.push(new ns.Credit({ text: tiles.attribution }));
        this.parts.push(L.tileLayer(tiles.template, {
          maxNativeZoom: tiles.max_zoom, maxZoom: 21, tms: tiles.tms,
          errorTileUrl: "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
        }));
      }
      this.parts.forEach(function (p) { p.addTo(self.map); });
      var home = this.parts[1].button;
      home.title = t.home;
      home.setAttribute("aria-label", t.home);
    },

    find: function (id, index) {
      var layer = this.layers.filter(function (l) { return l.id === id; })[0];
      return layer ? { layer: layer, index: index } : null;
    },

    /* What the page marks, else what the reader picked while its geometry is still the same. */
    chosen: function (asked, before) {
      if (asked) return this.find(asked.layer, asked.index);
      var found = before && this.find(before.layer.id, before.index);
      return found && found.layer.hash === before.layer.hash ? found : null;
    },

    toggle: function (id, on) {
      var found = this.find(id, 0);
      if (!found) return;
      found.layer.on = on;
      this.memory.off[id] = !on;
      this.painter.redraw();
      this.marker.redraw();
    },

    pick: function (at) {
      this.selected = at;
      this.marker.redraw();
      this.onPick(at ? { layer: at.layer.id, index: at.index, hash: at.layer.hash } : null);
    },

    /* Container pixel of a feature's first vertex or box centre: for tests. */
    featurePoint: function (id, index) {
      var p = this.find(id, index).layer.packed.box, k = 4 * index, s = Math.pow(2, this.map.getZoom());
      var min = this.map.getPixelBounds().min;
      return { x: (p[k] + p[k + 2]) / 2 * s - min.x, y: (p[k + 1] + p[k + 3]) / 2 * s - min.y };
    },

    destroy: function () {
      this.observer.disconnect();
      if (this.map) this.map.remove();
      this.map = null;
    },
  };

  ns.attach = function (map, payload, options) {
    var controller = new Controller(map, options || {});
    root.__anxing_map = controller;
    (root.__anxing_maps = root.__anxing_maps || {})[controller.key || "map"] = controller;
    controller.update(payload);
    return controller;
  };
})(window);
