// One drawing of the page's sprite (components/icon.html says the same for templates).
let sprite = "/static/icons.svg";

export function takeSprite(address) {
  sprite = address;
}

export function Icon({ icon }) {
  return (
    <svg className="icon" aria-hidden="true" focusable="false">
      <use href={`${sprite}#${icon}`} />
    </svg>
  );
}

export function Tile({ icon, tone, isLarge }) {
  return (
    <span className={`tile tone-${tone}${isLarge ? " tile-lg" : ""}`}>
      <Icon icon={icon} />
    </span>
  );
}

export function IconButton({ icon, label, keys, small, ...more }) {
  const title = keys ? `${label} (${keys})` : label;
  return (
    <button type="button" className={`btn btn-quiet btn-icon${small ? " btn-sm" : ""}`} aria-label={label} title={title} {...more}>
      <Icon icon={icon} />
    </button>
  );
}
