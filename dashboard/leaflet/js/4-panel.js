/* The legend, which is also the layer switch, and the other small controls. All text is written
   with textContent, so nothing that came from a file can become markup. */
(function (root) {
  "use strict";
  var ns = root.AnxingMap, L = root.L;

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  ns.make = make;

  function swatchRow(layer, index) {
    var row = make("li");
    row.appendChild(ns.drawSwatch(layer, index));
    row.appendChild(make("span", "", layer.style.swatches[index].label));
    return row;
  }

  function layerBlock(layer, onToggle) {
    var block = make("div", "anxing-layer"), label = make("label"), box = make("input");
    box.type = "checkbox";
    box.checked = layer.on;
    box.dataset.layer = layer.id;
    /* A layer switched off shows no key: the legend of many layers stays short. */
    function fold() { block.classList.toggle("anxing-off", !box.checked); }
    box.addEventListener("change", function () { fold(); onToggle(layer, box.checked); });
    fold();
    label.appendChild(box);
    var shown = layer.style.swatches.map(function (s, i) { return i; })
      .filter(function (i) { return layer.style.swatches[i].shown; });
    var plain = shown.length === 1 && !layer.style.swatches[shown[0]].label;
    if (plain) label.appendChild(ns.drawSwatch(layer, shown[0]));
    label.appendChild(make("span", "anxing-title", layer.title));
    block.appendChild(label);
    if (!plain && shown.length) {
      var list = make("ul");
      shown.forEach(function (i) { list.appendChild(swatchRow(layer, i)); });
      block.appendChild(list);
    }
    return block;
  }

  ns.Legend = L.Control.extend({
    options: { position: "topright" },

    onAdd: function (map) {
      var panel = this._panel = make("details", "anxing-legend leaflet-control");
      panel.open = map.getSize().x === 0 ? root.innerWidth > 640 : map.getSize().x > 640;
      panel.appendChild(make("summary"));
      panel.appendChild(make("div", "anxing-layers"));
      L.DomEvent.disableClickPropagation(panel);
      L.DomEvent.disableScrollPropagation(panel);
      L.DomEvent.on(panel, "keydown", L.DomEvent.stopPropagation);
      return panel;
    },

    /* Rebuilt only when it would read differently, so that a rerun never takes the focus away. */
    show: function (title, layers, onToggle) {
      var said = JSON.stringify([title, layers.map(function (l) { return [l.id, l.title, l.kind, l.style]; })]);
      if (said === this._said) return;
      this._said = said;
      this._panel.firstChild.textContent = title;
      var list = this._panel.lastChild;
      list.replaceChildren();
      layers.forEach(function (layer) { list.appendChild(layerBlock(layer, onToggle)); });
    },

    /* Pixels on the right that the first view leaves free for an open legend. */
    covers: function () {
      var width = this._panel.offsetWidth;
      return this._panel.open && width * 2 < this._map.getSize().x ? width + 10 : 0;
    },

    setHeight: function (px) { this._panel.lastChild.style.maxHeight = Math.max(px, 80) + "px"; },
  });

  ns.HomeButton = L.Control.extend({
    options: { position: "topleft" },
    onAdd: function () {
      var bar = make("div", "leaflet-bar leaflet-control"), button = this.button = make("a", "anxing-home", "\u2302");
      button.href = "#";
      button.setAttribute("role", "button");
      L.DomEvent.disableClickPropagation(bar);
      L.DomEvent.on(button, "click", function (e) { L.DomEvent.preventDefault(e); this.options.go(); }, this);
      bar.appendChild(button);
      return bar;
    },
  });

  ns.Credit = L.Control.extend({
    options: { position: "bottomright" },
    onAdd: function () { return make("div", "anxing-credit leaflet-control", this.options.text); },
  });
})(window);
