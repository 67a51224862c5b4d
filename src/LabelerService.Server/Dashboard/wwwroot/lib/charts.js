// Plots by Apache ECharts on a canvas, each with a name for screen readers and its figures as a table.
import { ApiError } from "./api.js";
import { h } from "./dom.js";
import { percent as share } from "./format.js";
import { table } from "./table.js";
import { failure } from "./ui.js";

const style = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const palette = () => [1, 2, 3, 4, 5, 6, 7, 8].map(i => style(`--series-${i}`));
// A megabyte of code: read while the page asks for its data, and not at all by pages without plots.
const drawing = /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = "vendor/echarts.js";
  script.onload = () => resolve();
  script.onerror = () => reject(new ApiError(0, "The code for plots did not come: the service does not answer. Load the page anew when it does; the figures are there as tables."));
  document.head.append(script);
}));
// Whoever draws says so.
drawing.catch(() => { });
const whenIdle = (/** @type {() => void} */ act) => void ("requestIdleCallback" in window ? requestIdleCallback(act, { timeout: 2000 }) : setTimeout(act, 500));
/** @type {Set<() => void>} */
const redraws = new Set();
new MutationObserver(() => redraws.forEach(redraw => redraw())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraws.forEach(redraw => redraw()));

/**
 * @typedef {object} Chart
 * @property {any} element
 * @property {(data: any) => void} update Draws other data of the same kind.
 */

/**
 * A chart of any kind.
 * @template T
 * @param {{label: string, height?: number, signal: AbortSignal, data: T, option: (data: T) => any, columns: import("./table.js").Column[], rows: (data: T) => any[]}} options
 *   label: what it shows; option: ECharts' option; columns and rows: the same figures as a table.
 * @returns {Chart}
 */
export function chart({ label, height = 280, signal, data, option, columns, rows }) {
  const canvas = h("div", { class: "canvas", role: "img", "aria-label": label, style: { height: `${height}px` } });
  const figures = h("div");
  const details = h("details", { ontoggle: () => showFigures() }, h("summary", null, "Figures"), figures);
  const element = h("figure", { class: "chart" }, h("figcaption", null, label), canvas, details);
  /** @type {any} */
  let drawn = null;
  let current = data;

  function showFigures() {
    if (details.open) {
      figures.replaceChildren(table({ caption: label, columns, rows: rows(current) }));
    }
  }

  async function draw() {
    try {
      await drawing;
    } catch (error) {
      canvas.replaceChildren(failure(error));
      return;
    }

    if (signal.aborted || !canvas.isConnected || canvas.clientWidth === 0) {
      return;
    }

    drawn ??= /** @type {any} */ (window).echarts.init(canvas, null, { renderer: "canvas" });
    drawn.setOption({ ...common(), ...option(current) }, { notMerge: true });
  }

  const observer = new ResizeObserver(() => drawn ? drawn.resize() : seen && void draw());
  observer.observe(canvas);
  // What is out of sight is drawn when the browser has nothing else to do: what there is to read comes first.
  let seen = false;
  const sight = new IntersectionObserver(entries => {
    if (!seen && entries.some(entry => entry.isIntersecting)) {
      see();
    }
  }, { rootMargin: "200px" });
  sight.observe(canvas);
  whenIdle(() => !seen && !signal.aborted && see());

  function see() {
    seen = true;
    sight.disconnect();
    void draw();
  }

  redraws.add(draw);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    sight.disconnect();
    redraws.delete(draw);
    drawn?.dispose();
  });
  return {
    element,
    update: next => {
      current = next;
      void draw();
      showFigures();
    },
  };
}

/** Axis of the common look. @param {string} name @param {any} [more] */
export const axis = (name, more) => ({
  name, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: style("--quiet") },
  axisLine: { lineStyle: { color: style("--line") } }, splitLine: { lineStyle: { color: style("--line") } }, ...more,
  // On a narrow screen fewer numbers stand on an axis; names of classes and labelers all do.
  axisLabel: { color: style("--quiet"), hideOverlap: more?.type !== "category", ...more?.axisLabel },
});

/**
 * Lines over x.
 * @param {{label: string, xName: string, yName: string, signal: AbortSignal, height?: number, percent?: boolean, time?: boolean,
 *   whole?: boolean, marks?: {x: number, text: string}[], data: {name: string, points: [number, number][], band?: [number, number, number][], dashed?: boolean}[]}} options
 *   points: x and y; band: x, low and high; time: x is milliseconds since 1970; percent: y from 0 to 1; marks: upright lines; whole: x are whole numbers.
 */
export function lines({ label, xName, yName, signal, height, percent = false, time = false, whole = false, marks = [], data }) {
  const shown = (/** @type {number} */ y) => percent ? share(y) : String(Math.abs(y) >= 100 ? Math.round(y) : Number(y.toPrecision(4)));
  return chart({
    label, height, signal, data,
    columns: [
      { title: "Line", value: row => row[0] },
      { title: xName, value: row => time ? new Date(row[1]).toLocaleString() : row[1], number: true },
      { title: yName, value: row => shown(row[2]), number: true },
    ],
    rows: entries => entries.flatMap(entry => entry.points.map(([x, y]) => [entry.name, x, y])),
    option: entries => ({
      legend: { data: entries.map(entry => entry.name), top: 0, textStyle: { color: style("--ink") }, type: "scroll" },
      grid: { left: 56, right: 16, top: 36, bottom: 44 },
      xAxis: axis(xName, time ? { type: "time" } : { type: "value", scale: true, minInterval: whole ? 1 : undefined }),
      yAxis: axis(yName, { type: "value", scale: true, nameGap: 44, axisLabel: { color: style("--quiet"), formatter: percent ? (/** @type {number} */ y) => `${Math.round(100 * y)} %` : undefined } }),
      tooltip: { ...tip(), trigger: "axis", valueFormatter: (/** @type {number} */ y) => typeof y === "number" ? shown(y) : "–" },
      series: entries.flatMap((entry, index) => [
        {
          type: "line", name: entry.name, data: entry.points, showSymbol: entry.points.length < 40, symbolSize: 5, color: palette()[index % 8],
          lineStyle: { width: 2, type: entry.dashed ? "dashed" : "solid" },
          markLine: index > 0 || marks.length === 0 ? undefined : {
            symbol: "none", silent: true, lineStyle: { color: style("--bad"), type: "solid" },
            data: marks.map(mark => ({ xAxis: mark.x, label: { formatter: mark.text, color: style("--bad"), position: "insideEndTop" } })),
          },
        },
        ...(entry.band ? [area(entry.band, palette()[index % 8])] : []),
      ]),
    }),
  });
}

/**
 * A matrix as colours: row by row.
 * @param {{label: string, rows: string[], columns: string[], rowName: string, columnName: string, signal: AbortSignal,
 *   data: (number | null)[][], remark?: (row: number, column: number) => string, low?: number, high?: number, height?: number}} options
 *   data: 0 to 1, shown in percent; null where there is nothing.
 */
export function heatMap({ label, rows, columns, rowName, columnName, signal, data, remark, low = 0, high = 1, height }) {
  const cells = (/** @type {(number | null)[][]} */ matrix) => matrix.flatMap((line, row) => line.flatMap((value, column) => value === null ? [] : [[column, row, value]]));
  const cut = (/** @type {string} */ text) => text.length > 14 ? text.slice(0, 13) + "…" : text;
  const few = rows.length * columns.length <= 150;
  return chart({
    label, height: height ?? Math.min(720, 110 + 30 * rows.length), signal, data,
    columns: [
      { title: rowName, value: cell => rows[cell[1]] },
      { title: columnName, value: cell => columns[cell[0]] },
      { title: "Share", value: cell => `${share(cell[2])}${remark ? ` ${remark(cell[1], cell[0])}` : ""}`, number: true },
    ],
    rows: cells,
    option: matrix => ({
      grid: { left: 120, right: 70, top: 10, bottom: 80 },
      xAxis: axis(columnName, { type: "category", data: columns, nameGap: 60, axisLabel: { color: style("--quiet"), formatter: cut, rotate: columns.length > 4 ? 35 : 0, interval: 0 } }),
      yAxis: axis(rowName, { type: "category", data: rows, inverse: true, nameGap: 104, axisLabel: { color: style("--quiet"), formatter: cut } }),
      visualMap: { min: low, max: high, right: 4, top: "middle", itemHeight: 100, textStyle: { color: style("--quiet") }, inRange: { color: [style("--heat-low"), style("--heat-high")] },
        formatter: (/** @type {number} */ value) => `${Math.round(100 * value)} %` },
      tooltip: { ...tip(), formatter: (/** @type {any} */ { value }) =>
        `${rowName}: ${cut(rows[value[1]])}\n${columnName}: ${cut(columns[value[0]])}\n${share(value[2])}${remark ? `\n${remark(value[1], value[0])}` : ""}` },
      series: [{
        type: "heatmap", data: cells(matrix), label: { show: few, formatter: (/** @type {any} */ { value }) => `${Math.round(100 * value[2])}` },
        itemStyle: { borderColor: style("--surface"), borderWidth: 1 },
      }],
    }),
  });
}

/**
 * Values with their intervals, one under the other.
 * @param {{label: string, name: string, valueName: string, signal: AbortSignal, percent?: boolean, zero?: boolean,
 *   data: {name: string, value: number, low?: number, high?: number, mark?: "good" | "bad"}[]}} options zero: with a line at 0, for differences.
 */
export function intervals({ label, name, valueName, signal, percent = true, zero = false, data }) {
  const shown = (/** @type {number | undefined} */ value) => value === undefined ? "–" : percent ? share(value) : String(Number(value.toPrecision(4)));
  const cut = (/** @type {string} */ text) => text.length > 18 ? text.slice(0, 17) + "…" : text;
  return chart({
    label, height: 90 + 24 * data.length, signal, data,
    columns: [
      { title: name, value: row => row.name },
      { title: valueName, value: row => shown(row.value), number: true },
      { title: "from", value: row => shown(row.low), number: true },
      { title: "to", value: row => shown(row.high), number: true },
    ],
    rows: entries => entries,
    option: entries => ({
      grid: { left: 150, right: 24, top: 8, bottom: 44 },
      xAxis: axis(valueName, { type: "value", scale: true, ...(zero ? around(entries) : {}), axisLabel: { color: style("--quiet"), ...(zero ? { showMinLabel: false, showMaxLabel: false } : {}), formatter: (/** @type {number} */ value) => percent ? `${Math.round(100 * value)} %` : value } }),
      yAxis: axis("", { type: "category", inverse: true, data: entries.map(entry => entry.name), axisLabel: { color: style("--ink"), formatter: cut, interval: 0 } }),
      tooltip: { ...tip(), formatter: (/** @type {any} */ { dataIndex }) => {
        const entry = entries[dataIndex];
        return `${cut(entry.name)}\n${shown(entry.value)} (${shown(entry.low)} to ${shown(entry.high)})`;
      } },
      series: [
        { type: "custom", z: 1, silent: true, encode: { x: [1, 2], y: 0 }, data: entries.map((entry, index) => [index, entry.low ?? entry.value, entry.high ?? entry.value]),
          renderItem: (/** @type {any} */ _, /** @type {any} */ point) => {
            const [from, y] = point.coord([point.value(1), point.value(0)]);
            const [to] = point.coord([point.value(2), point.value(0)]);
            return { type: "line", shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: style("--series-1"), lineWidth: 2 } };
          } },
        { type: "scatter", z: 2, symbolSize: 9, markLine: zero ? { symbol: "none", silent: true, label: { show: false }, lineStyle: { color: style("--quiet"), type: "solid" }, data: [{ xAxis: 0 }] } : undefined, data: entries.map((entry, index) => ({
          value: [entry.value, index], itemStyle: { color: entry.mark === "bad" ? style("--bad") : entry.mark === "good" ? style("--good") : style("--series-1") } })) },
      ],
    }),
  });
}

/** An axis that holds 0 and all intervals, with some room. */
function around(/** @type {{value: number, low?: number, high?: number}[]} */ entries) {
  const [low, high] = [Math.min(0, ...entries.map(entry => entry.low ?? entry.value)), Math.max(0, ...entries.map(entry => entry.high ?? entry.value))];
  return { min: low - 0.1 * (high - low || 1), max: high + 0.1 * (high - low || 1) };
}

/**
 * Bars side by side.
 * @param {{label: string, name: string, valueName: string, signal: AbortSignal, height?: number, percent?: boolean,
 *   names: string[], data: {name: string, values: number[]}[]}} options names: of the groups; values: one a group, 0 to 1 with percent.
 */
export function bars({ label, name, valueName, signal, height = 260, percent = true, names, data }) {
  const shown = (/** @type {number} */ value) => percent ? share(value) : String(Number(value.toPrecision(4)));
  const cut = (/** @type {string} */ text) => text.length > 14 ? text.slice(0, 13) + "…" : text;
  return chart({
    label, height, signal, data,
    columns: [{ title: name, value: row => names[row] }, ...data.map((entry, index) => ({ title: entry.name, number: true, value: (/** @type {number} */ row) => shown(data[index].values[row]) }))],
    rows: () => names.map((_, row) => row),
    option: entries => ({
      legend: { data: entries.map(entry => entry.name), top: 0, textStyle: { color: style("--ink") }, type: "scroll" },
      grid: { left: 56, right: 16, top: 36, bottom: 70 },
      xAxis: axis(name, { type: "category", data: names, nameGap: 54, axisLabel: { color: style("--quiet"), formatter: cut, rotate: names.length > 4 ? 30 : 0 } }),
      yAxis: axis(valueName, { type: "value", nameGap: 44, axisLabel: { color: style("--quiet"), formatter: (/** @type {number} */ y) => percent ? `${Math.round(100 * y)} %` : y } }),
      tooltip: { ...tip(), trigger: "axis", valueFormatter: shown },
      series: entries.map((entry, index) => ({ type: "bar", name: entry.name, data: entry.values, color: palette()[index % 8] })),
    }),
  });
}

/** The area between two lines, as one polygon. */
function area(/** @type {[number, number, number][]} */ band, /** @type {string} */ color) {
  return {
    type: "custom", silent: true, z: 1, tooltip: { show: false }, dimensions: ["x", "low", "high"], encode: { x: 0, y: [1, 2] }, data: band,
    renderItem: (/** @type {any} */ item, /** @type {any} */ point) => item.dataIndex > 0 ? null : {
      type: "polygon", style: { fill: color, opacity: 0.16 },
      shape: { points: [...band.map(([x, low]) => point.coord([x, low])), ...band.toReversed().map(([x, , high]) => point.coord([x, high]))] },
    },
  };
}

// Drawn, not written as markup: what it shows may be anybody's text.
const tip = () => ({ renderMode: "richText", backgroundColor: style("--surface"), borderColor: style("--line"), textStyle: { color: style("--ink") } });

function common() {
  return {
    animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: style("--ink") },
    aria: { enabled: false }, backgroundColor: "transparent",
  };
}
