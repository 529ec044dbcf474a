/* Geometry and codes as they arrive, turned into flat typed arrays in world pixels at zoom 0.
   Everything here is plain arithmetic: no map, no page. */
(function (root) {
  "use strict";
  var ns = (root.AnxingMap = root.AnxingMap || {});
  var WORLD = 256;

  ns.bytes = function (text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out;
  };

  /* GCJ-02 offset, for districts whose base map is drawn in that datum. */
  function gcj02(lon, lat) {
    if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
    var x = lon - 105, y = lat - 35, pi = Math.PI, s = Math.sin, a = 6378245, ee = 0.006693421622965943;
    var wave = (20 * s(6 * x * pi) + 20 * s(2 * x * pi)) * 2 / 3;
    var dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave
      + (20 * s(y * pi) + 40 * s(y / 3 * pi)) * 2 / 3 + (160 * s(y / 12 * pi) + 320 * s(y * pi / 30)) * 2 / 3;
    var dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave
      + (20 * s(x * pi) + 40 * s(x / 3 * pi)) * 2 / 3 + (150 * s(x / 12 * pi) + 300 * s(x / 30 * pi)) * 2 / 3;
    var rad = lat / 180 * pi, magic = 1 - ee * s(rad) * s(rad), root2 = Math.sqrt(magic);
    return [lon + dLon * 180 / (a / root2 * Math.cos(rad) * pi),
      lat + dLat * 180 / (a * (1 - ee) / (magic * root2) * pi)];
  }
  ns.shift = { wgs84: function (lon, lat) { return [lon, lat]; }, gcj02: gcj02 };

  ns.worldX = function (lon) { return WORLD * (lon / 360 + 0.5); };
  ns.worldY = function (lat) {
    var s = Math.max(-0.9999, Math.min(0.9999, Math.sin(lat * Math.PI / 180)));
    return WORLD * (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI));
  };

  /* The rings, lines or points of one GeoJSON geometry, whatever its nesting. */
  function parts(geometry) {
    if (!geometry) return [];
    var c = geometry.coordinates;
    switch (geometry.type) {
      case "Point": return [[c]];
      case "MultiPoint": case "LineString": return [c];
      case "MultiLineString": case "Polygon": return c;
      case "MultiPolygon": return [].concat.apply([], c);
      case "GeometryCollection": return [].concat.apply([], geometry.geometries.map(parts));
      default: return [];
    }
  }

  function pack(features, datum) {
    var move = ns.shift[datum] || ns.shift.wgs84, nRings = 0, nXy = 0, i, j, k;
    for (i = 0; i < features.length; i++) {
      nRings += features[i].length;
      for (j = 0; j < features[i].length; j++) nXy += features[i][j].length;
    }
    var packed = {
      n: features.length, xy: new Float64Array(2 * nXy), ring: new Uint32Array(nRings + 1),
      feature: new Uint32Array(features.length + 1), box: new Float64Array(4 * features.length),
    };
    var at = 0, ringAt = 0;
    for (i = 0; i < features.length; i++) {
      var x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
      for (j = 0; j < features[i].length; j++) {
        var ring = features[i][j];
        for (k = 0; k < ring.length; k++) {
          var moved = move(ring[k][0], ring[k][1]), x = ns.worldX(moved[0]), y = ns.worldY(moved[1]);
          packed.xy[2 * at] = x; packed.xy[2 * at + 1] = y; at++;
          if (x < x0) x0 = x; if (x > x1) x1 = x; if (y < y0) y0 = y; if (y > y1) y1 = y;
        }
        packed.ring[++ringAt] = at;
      }
      packed.feature[i + 1] = ringAt;
      packed.box.set([x0, y0, x1, y1], 4 * i);
    }
    return packed;
  }

  /* The rings of the geometries of a Topology as `geo.outlines.topojson` writes it: an arc each. */
  function topology(json) {
    var scale = json.transform.scale, from = json.transform.translate;
    var rings = json.arcs.map(function (arc) {
      var x = 0, y = 0;
      return arc.map(function (step) {
        x += step[0]; y += step[1];
        return [x * scale[0] + from[0], y * scale[1] + from[1]];
      });
    });
    function ring(arcs) { return rings[arcs[0]]; }
    return json.objects.shapes.geometries.map(function (geometry) {
      var one = geometry.type === "Polygon" ? [geometry.arcs] : geometry.arcs;
      return [].concat.apply([], one).map(ring);
    });
  }

  /* A ready layer is a Topology; what a page makes itself is a FeatureCollection. */
  ns.packShapes = function (json, datum) {
    if (json.type === "Topology") return pack(topology(json), datum);
    return pack((json.features || []).map(function (f) { return parts(f.geometry); }), datum);
  };

  /* Points sent inline: little-endian int32 pairs (lon, lat) in millionths of a degree. */
  ns.packPoints = function (text, datum) {
    var raw = ns.bytes(text), view = new DataView(raw.buffer), features = [];
    for (var i = 0; i + 8 <= raw.length; i += 8) {
      features.push([[[view.getInt32(i, true) / 1e6, view.getInt32(i + 4, true) / 1e6]]]);
    }
    return pack(features, datum);
  };

  /* Tooltip text arrives as letters, digits, ` -_,.()` and numeric entities, and is only ever
     written with textContent. */
  ns.decode = function (text) {
    return String(text).replace(/&#(\d{1,7});/g, function (_, digits) {
      var code = Number(digits);
      return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    });
  };
})(window);
