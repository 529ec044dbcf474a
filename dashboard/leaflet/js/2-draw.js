/* How one layer is drawn on a canvas: fills with patterns, dashed lines, point symbols. */
(function (root) {
  "use strict";
  var ns = root.AnxingMap;
  var HIDDEN = 255;
  ns.HIDDEN = HIDDEN;

  function rgba(hex, alpha) {
    var v = parseInt(hex.slice(1), 16);
    return "rgba(" + (v >> 16) + "," + ((v >> 8) & 255) + "," + (v & 255) + "," + alpha + ")";
  }

  /* Strokes of a 12 px tile; each class can be told by its pattern as well as by its colour. */
  var STROKES = {
    hatch: [[0, 12, 12, 0], [-3, 3, 3, -3], [9, 15, 15, 9]],
    backhatch: [[0, 0, 12, 12], [-3, 9, 3, 15], [9, -3, 15, 3]],
    horizontal: [[0, 3, 12, 3], [0, 9, 12, 9]],
    vertical: [[3, 0, 3, 12], [9, 0, 9, 12]],
  };
  STROKES.cross = STROKES.hatch.concat(STROKES.backhatch);

  function tile(swatch, opacity, ratio) {
    var c = document.createElement("canvas"), size = 12;
    c.width = c.height = size * ratio;
    var g = c.getContext("2d");
    g.scale(ratio, ratio);
    g.fillStyle = rgba(swatch.colour, opacity);
    g.fillRect(0, 0, size, size);
    g.strokeStyle = g.fillStyle = rgba(swatch.ink || "#1f2933", 0.75);
    g.lineWidth = 1.2;
    (STROKES[swatch.pattern] || []).forEach(function (s) {
      g.beginPath(); g.moveTo(s[0], s[1]); g.lineTo(s[2], s[3]); g.stroke();
    });
    if (swatch.pattern === "dots") {
      [[3, 3], [9, 9]].forEach(function (p) { g.beginPath(); g.arc(p[0], p[1], 1.3, 0, 7); g.fill(); });
    }
    return c;
  }

  function fillOf(ctx, swatch, opacity, ratio, origin) {
    if (swatch.pattern === "none" || opacity === 0) return null;
    if (swatch.pattern === "solid") return rgba(swatch.colour, opacity);
    var fill = ctx.createPattern(tile(swatch, opacity, ratio), "repeat");
    if (fill.setTransform && root.DOMMatrix) {
      fill.setTransform(new DOMMatrix().translate(origin.x, origin.y).scale(1 / ratio));
    }
    return fill;
  }

  /* Symbols as closed outlines inside the unit circle; null is the circle itself. */
  function star() {
    var out = [];
    for (var i = 0; i < 10; i++) {
      var r = i % 2 ? 0.45 : 1.1, a = Math.PI * i / 5 - Math.PI / 2;
      out.push([r * Math.cos(a), r * Math.sin(a)]);
    }
    return out;
  }
  var t = 0.36, u = 0.95;
  var PLUS = [[-t, -u], [t, -u], [t, -t], [u, -t], [u, t], [t, t], [t, u], [-t, u], [-t, t], [-u, t], [-u, -t], [-t, -t]];
  var SYMBOLS = {
    circle: null, star: star(), plus: PLUS,
    square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
    diamond: [[0, -1.1], [1.1, 0], [0, 1.1], [-1.1, 0]],
    triangle: [[0, -1.1], [1, 0.8], [-1, 0.8]],
    cross: PLUS.map(function (p) { return [(p[0] - p[1]) * 0.71, (p[0] + p[1]) * 0.71]; }),
  };

  function symbolPath(g, name, x, y, r) {
    var outline = SYMBOLS[name];
    g.beginPath();
    if (!outline) { g.arc(x, y, r, 0, 7); return; }
    outline.forEach(function (p, i) { g[i ? "lineTo" : "moveTo"](x + r * p[0], y + r * p[1]); });
    g.closePath();
  }

  function sprite(swatch, style, ratio) {
    var half = Math.ceil(style.radius * 1.2 + style.stroke_width + 1), c = document.createElement("canvas");
    c.width = c.height = 2 * half * ratio;
    var g = c.getContext("2d");
    g.scale(ratio, ratio);
    symbolPath(g, swatch.symbol, half, half, style.radius);
    g.fillStyle = rgba(swatch.colour, style.fill_opacity);
    g.fill();
    if (style.stroke_width > 0) { g.lineWidth = style.stroke_width; g.strokeStyle = style.stroke; g.stroke(); }
    return { image: c, half: half };
  }

  /* One feature's rings as a path, skipping vertices that fall on the pixel of the last one. */
  function tracePath(g, packed, i, view, close) {
    for (var r = packed.feature[i]; r < packed.feature[i + 1]; r++) {
      var from = packed.ring[r], to = packed.ring[r + 1], lastX = NaN, lastY = NaN;
      for (var v = from; v < to; v++) {
        var x = packed.xy[2 * v] * view.scale - view.x, y = packed.xy[2 * v + 1] * view.scale - view.y;
        if (v === from) { g.moveTo(x, y); lastX = x; lastY = y; continue; }
        if (v < to - 1 && Math.abs(x - lastX) < 0.75 && Math.abs(y - lastY) < 0.75) continue;
        g.lineTo(x, y); lastX = x; lastY = y;
      }
      if (close) g.closePath();
    }
  }
  ns.tracePath = tracePath;

  function inView(box, i, view) {
    var k = 4 * i;
    return box[k] <= view.x1 && box[k + 2] >= view.x0 && box[k + 1] <= view.y1 && box[k + 3] >= view.y0;
  }

  function drawShapes(ctx, layer, view, ratio) {
    var style = layer.style, area = layer.kind === "polygon", packed = layer.packed;
    var origin = { x: -view.x % 12, y: -view.y % 12 };
    var fills = style.swatches.map(function (s) { return area ? fillOf(ctx, s, style.fill_opacity, ratio, origin) : null; });
    ctx.lineJoin = ctx.lineCap = "round";
    for (var i = 0; i < packed.n; i++) {
      var code = layer.codes[i];
      if (code === HIDDEN || !inView(packed.box, i, view)) continue;
      var swatch = style.swatches[code];
      ctx.beginPath();
      tracePath(ctx, packed, i, view, area);
      if (fills[code]) { ctx.fillStyle = fills[code]; ctx.fill("evenodd"); }
      if (style.stroke_width > 0) {
        ctx.setLineDash(swatch.dash);
        ctx.lineWidth = style.stroke_width;
        ctx.strokeStyle = area && swatch.pattern !== "none" ? style.stroke : swatch.colour;
        ctx.stroke();
      }
    }
    ctx.setLineDash([]);
  }

  /* Symbols shrink when looking from afar, so that a whole jurisdiction stays readable. */
  ns.radius = function (layer, scale) {
    var zoom = Math.log(scale) / Math.LN2;
    return layer.style.radius * Math.max(layer.labels ? 0.8 : 0.3, Math.min(1.5, 1 + (zoom - 15.5) * 0.22));
  };

  function drawPoints(ctx, layer, view, ratio) {
    var sized = Object.assign({}, layer.style, { radius: ns.radius(layer, view.scale) });
    if (sized.radius < 4) sized.stroke_width = Math.min(sized.stroke_width, 1);
    if (sized.radius < 2.4) { drawSpecks(ctx, layer, view, sized.radius); return; }
    var packed = layer.packed, sprites = layer.style.swatches.map(function (s) { return sprite(s, sized, ratio); });
    for (var i = 0; i < packed.n; i++) {
      var code = layer.codes[i];
      if (code === HIDDEN || !inView(packed.box, i, view)) continue;
      var s = sprites[code], last = packed.ring[packed.feature[i + 1]];
      for (var v = packed.ring[packed.feature[i]]; v < last; v++) {
        ctx.drawImage(s.image, packed.xy[2 * v] * view.scale - view.x - s.half,
          packed.xy[2 * v + 1] * view.scale - view.y - s.half, 2 * s.half, 2 * s.half);
      }
      if (layer.labels && layer.labels[i]) drawLabel(ctx, layer, view, i, sized.radius);
    }
  }

  /* A number on a point, dark on its light disc or light on its dark one. */
  function drawLabel(ctx, layer, view, i, r) {
    var v = layer.packed.ring[layer.packed.feature[i]], colour = layer.style.swatches[layer.codes[i]].colour;
    var n = parseInt(colour.slice(1), 16), light = (n >> 16) * 0.3 + ((n >> 8) & 255) * 0.59 + (n & 255) * 0.11 > 140;
    ctx.font = "600 " + Math.round(r * (layer.labels[i].length > 2 ? 0.95 : 1.25)) + "px system-ui,sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = light ? "#17222e" : "#ffffff";
    ctx.fillText(layer.labels[i], layer.packed.xy[2 * v] * view.scale - view.x, layer.packed.xy[2 * v + 1] * view.scale - view.y + 0.5);
  }

  /* Too small for a symbol to be told apart: one filled path a class, several times as fast. */
  function drawSpecks(ctx, layer, view, r) {
    var packed = layer.packed;
    layer.style.swatches.forEach(function (swatch, code) {
      ctx.beginPath();
      for (var i = 0; i < packed.n; i++) {
        if (layer.codes[i] !== code || !inView(packed.box, i, view)) continue;
        var last = packed.ring[packed.feature[i + 1]];
        for (var v = packed.ring[packed.feature[i]]; v < last; v++) {
          ctx.rect(packed.xy[2 * v] * view.scale - view.x - r, packed.xy[2 * v + 1] * view.scale - view.y - r, 2 * r, 2 * r);
        }
      }
      ctx.fillStyle = rgba(layer.kind === "point" && swatch.colour === "#ffffff" ? layer.style.stroke : swatch.colour, 0.9);
      ctx.fill();
    });
  }

  ns.drawLayer = function (ctx, layer, view, ratio) {
    (layer.kind === "point" ? drawPoints : drawShapes)(ctx, layer, view, ratio);
  };

  /* The same marks in the legend, so the key cannot drift from the map. */
  ns.drawSwatch = function (layer, index) {
    var w = 28, h = 18, ratio = Math.min(root.devicePixelRatio || 1, 2), c = document.createElement("canvas");
    c.width = w * ratio; c.height = h * ratio;
    c.style.width = w + "px"; c.style.height = h + "px";
    var g = c.getContext("2d"), style = layer.style, swatch = style.swatches[index];
    g.scale(ratio, ratio);
    if (layer.kind === "point") {
      var s = sprite(swatch, Object.assign({}, style, { radius: Math.min(style.radius, 6) }), ratio);
      g.drawImage(s.image, w / 2 - s.half, h / 2 - s.half, 2 * s.half, 2 * s.half);
    } else {
      var line = layer.kind === "line" ? [2, h / 2, w - 2, h / 2] : null;
      g.beginPath();
      if (line) { g.moveTo(line[0], line[1]); g.lineTo(line[2], line[3]); } else g.rect(1.5, 1.5, w - 3, h - 3);
      var fill = line ? null : fillOf(g, swatch, style.fill_opacity, ratio, { x: 0, y: 0 });
      if (fill) { g.fillStyle = fill; g.fill(); }
      g.setLineDash(swatch.dash);
      g.lineWidth = Math.max(style.stroke_width, 1);
      g.strokeStyle = line || swatch.pattern === "none" ? swatch.colour : style.stroke;
      g.stroke();
    }
    return c;
  };

  ns.drawOutline = function (ctx, layer, i, view, colour) {
    ctx.lineJoin = "round";
    ctx.beginPath();
    if (layer.kind === "point") {
      var v = layer.packed.ring[layer.packed.feature[i]], p = layer.packed.xy;
      ctx.arc(p[2 * v] * view.scale - view.x, p[2 * v + 1] * view.scale - view.y, ns.radius(layer, view.scale) + 4, 0, 7);
    } else tracePath(ctx, layer.packed, i, view, layer.kind === "polygon");
    [["#ffffff", 6], [colour, 3]].forEach(function (pen) {
      ctx.strokeStyle = pen[0]; ctx.lineWidth = pen[1]; ctx.stroke();
    });
  };
})(window);
