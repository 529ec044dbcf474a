/* One canvas for all layers, kept in step with the map by Leaflet's own renderer class. */
(function (root) {
  "use strict";
  var ns = root.AnxingMap, L = root.L;

  /* What is beneath a container point: the topmost feature of the layers asked for. */
  ns.hit = function (map, layers, point, slack) {
    var scale = Math.pow(2, map.getZoom()), origin = map.getPixelBounds().min;
    var x = (point.x + origin.x) / scale, y = (point.y + origin.y) / scale;
    for (var k = layers.length - 1; k >= 0; k--) {
      var layer = layers[k];
      if (!layer.packed || !layer.on) continue;
      var index = layer.kind === "polygon" ? inside(layer, x, y)
        : nearest(layer, x, y, ((layer.kind === "point" ? ns.radius(layer, scale) : 2) + slack) / scale);
      if (index >= 0) return { layer: layer, index: index };
    }
    return null;
  };

  function inside(layer, x, y) {
    var p = layer.packed, b = p.box;
    for (var i = p.n - 1; i >= 0; i--) {
      if (layer.codes[i] === ns.HIDDEN) continue;
      if (x < b[4 * i] || x > b[4 * i + 2] || y < b[4 * i + 1] || y > b[4 * i + 3]) continue;
      var odd = false;
      for (var r = p.feature[i]; r < p.feature[i + 1]; r++) {
        for (var v = p.ring[r], w = p.ring[r + 1] - 1; v < p.ring[r + 1]; w = v++) {
          var yv = p.xy[2 * v + 1], yw = p.xy[2 * w + 1];
          if ((yv > y) !== (yw > y)
            && x < (p.xy[2 * w] - p.xy[2 * v]) * (y - yv) / (yw - yv) + p.xy[2 * v]) odd = !odd;
        }
      }
      if (odd) return i;
    }
    return -1;
  }

  function segment(p, v, w, x, y) {
    var ax = p[2 * v], ay = p[2 * v + 1], dx = p[2 * w] - ax, dy = p[2 * w + 1] - ay;
    var t = dx || dy ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))) : 0;
    return Math.hypot(ax + t * dx - x, ay + t * dy - y);
  }

  function nearest(layer, x, y, reach) {
    var p = layer.packed, b = p.box, best = -1;
    for (var i = p.n - 1; i >= 0; i--) {
      if (layer.codes[i] === ns.HIDDEN) continue;
      if (x < b[4 * i] - reach || x > b[4 * i + 2] + reach
        || y < b[4 * i + 1] - reach || y > b[4 * i + 3] + reach) continue;
      for (var r = p.feature[i]; r < p.feature[i + 1]; r++) {
        for (var v = p.ring[r]; v < p.ring[r + 1]; v++) {
          var w = layer.kind === "line" && v + 1 < p.ring[r + 1] ? v + 1 : v, d = segment(p.xy, v, w, x, y);
          if (d < reach) { reach = d; best = i; }
        }
      }
    }
    return best;
  }

  ns.Painter = L.Renderer.extend({
    options: { padding: 0.25 },

    initialize: function (paint, options) {
      this._paint = paint;
      L.Renderer.prototype.initialize.call(this, options);
    },

    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._ctx = this._container.getContext("2d");
    },

    _destroyContainer: function () {
      if (this._frame) cancelAnimationFrame(this._frame);
      this._container.remove();
      delete this._container;
    },

    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      var size = this._bounds.getSize(), ratio = this.ratio = Math.min(root.devicePixelRatio || 1, 2);
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._container.width = ratio * size.x;
      this._container.height = ratio * size.y;
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
      this.redrawNow();
    },

    redraw: function () {
      var self = this;
      if (this._frame || !this._container) return;
      this._frame = requestAnimationFrame(function () { self._frame = 0; if (self._container) self.redrawNow(); });
    },

    redrawNow: function () {
      if (this._frame) { cancelAnimationFrame(this._frame); this._frame = 0; }
      if (!this._bounds || this._map._animatingZoom) return;
      var ctx = this._ctx, ratio = this.ratio, scale = Math.pow(2, this._zoom), size = this._bounds.getSize();
      var corner = this._map.getPixelOrigin().add(this._bounds.min), slack = 16;
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      ctx.clearRect(0, 0, size.x, size.y);
      this._paint(ctx, {
        scale: scale, x: corner.x, y: corner.y,
        x0: (corner.x - slack) / scale, x1: (corner.x + size.x + slack) / scale,
        y0: (corner.y - slack) / scale, y1: (corner.y + size.y + slack) / scale,
      }, ratio);
    },
  });
})(window);
