// One way between steps, with its branch, the people who took it, and a place to put a step in.
import { BaseEdge } from "@xyflow/react";
import { memo } from "react";
import { useBuilder } from "./context.js";
import { corners, labelSpot, path } from "./pure/routes.js";

const LETTER = 6.3;

export const WayEdge = memo(function WayEdge({ id, source, sourceHandleId, sourceX, sourceY, targetX, targetY, data, selected }) {
  const points = corners(sourceX, sourceY, targetX, targetY, data.lane);
  const spot = labelSpot(points, data.meets);
  const classes = ["way", selected && "way-on", data.isLit && "way-lit", data.isNear && "way-near", data.isBack && "way-back"];
  return (
    <g className={classes.filter(Boolean).join(" ")}>
      <BaseEdge id={id} path={path(points)} interactionWidth={24} />
      {(data.label || data.people) && <Label spot={spot} label={data.label} people={data.people} />}
      {data.mayChange && <Plus spot={spot} way={{ source, branch: sourceHandleId ?? "" }} data={data} width={labelWidth(data)} />}
    </g>
  );
});

const labelWidth = ({ label, people }) => (label || people ? (`${label}${label && people ? " " : ""}${people}`.length * LETTER + 16) : 0);

function Label({ spot, label, people }) {
  const width = labelWidth({ label, people });
  return (
    <g className="way-label" transform={`translate(${spot.x} ${spot.y})`}>
      <rect x={-width / 2} y={-10} width={width} height={20} rx={10} />
      <text y={4} textAnchor="middle">
        {label}
        {people && <tspan className="way-people" dx={label ? 4 : 0}>{people}</tspan>}
      </text>
    </g>
  );
}

function Plus({ spot, way, data, width }) {
  const { store } = useBuilder();
  const insert = (event) => {
    event.stopPropagation();
    const place = way.source === "start" ? { source: null } : way;
    store.set({ dialog: { what: "add", place, title: `Add a step between ${data.from} and ${data.to}` } });
  };
  return (
    <g className="way-plus" transform={`translate(${spot.x + (width ? width / 2 + 12 : 0)} ${spot.y})`} onClick={insert} aria-hidden="true">
      <title>{`Add a step between ${data.from} and ${data.to}`}</title>
      <circle r={14} className="way-plus-room" />
      <circle r={9} />
      <path d="M-4 0H4M0 -4V4" />
    </g>
  );
}
