"""What is wrong with a drawn figure: what overlaps, what is cut off, what is empty."""

from itertools import combinations

from matplotlib.text import Text

TOUCH = 0.5  # dots that two boxes may share by rounding


def faults(figure):
    """A line for each fault of a figure, as it is drawn on its canvas."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    found, page = [], figure.bbox
    texts = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text()]
    boxes = [(each.get_text(), each.get_window_extent(renderer)) for each in texts]
    boxes = [(told, box) for told, box in boxes if shown(told, box, page)]
    for told, box in boxes:
        sides = box.x0 - page.x0, box.y0 - page.y0, page.x1 - box.x1, page.y1 - box.y1
        if min(sides) < -TOUCH:
            found.append(f"cut off: {told!r} by {-min(sides):.1f} dots")
    for (one, box), (other, beside) in combinations(boxes, 2):
        if overlap(box, beside):
            found.append(f"overlap: {one!r} and {other!r}")
    legends = [legend.get_window_extent(renderer) for legend in figure.legends]
    for panel in figure.axes:
        area = panel.get_window_extent(renderer)
        for legend in legends:
            if overlap(legend, area):
                found.append("the legend lies over a panel")
        if min(area.width, area.height) < 0.6 * figure.dpi:
            found.append(f"a panel is small: {area.width:.0f} by {area.height:.0f} dots")
        if not any(len(line.get_xdata()) for line in panel.lines):
            found.append("a panel is empty")
        for axis in (panel.xaxis, panel.yaxis):
            if len(axis.get_majorticklocs()) < 2:
                found.append("an axis has fewer than two ticks")
        for told, box in boxes:
            if overlap(box, area):
                found.append(f"over a panel: {told!r}")
    return found


def shown(told, box, page):
    """Whether a text is drawn at all: hidden ticks have no size, or lie off any page."""
    return bool(told.strip()) and box.width > 0 and box.height > 0


def overlap(one, other):
    """Whether two boxes share more than a line."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return min(wide, high) > TOUCH
