//! graph: lines over time, one panel below the other, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const PANEL_HEIGHT: f64 = 130.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const GAP: f64 = 40.0;

/// Readable on light and dark grounds, and apart for the colour-blind.
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// A picture.
pub(crate) struct Graph {
    pub(crate) title: String,
    pub(crate) panels: Vec<Panel>,
}

/// Lines that share a scale, which begins at zero.
pub(crate) struct Panel {
    pub(crate) unit: &'static str,
    /// Names, and points by the second.
    pub(crate) lines: Vec<(&'static str, Vec<(f64, f64)>)>,
}

impl Graph {
    /// The picture as text.
    pub(crate) fn to_svg(&self) -> String {
        let height = TOP + self.panels.len() as f64 * (PANEL_HEIGHT + GAP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">{}</text>\n",
            escaped(&self.title)
        );
        let points = self.panels.iter().flat_map(|panel| &panel.lines);
        let seconds = most(points.flat_map(|(_, points)| points.iter().map(|(second, _)| *second)));
        for (number, panel) in self.panels.iter().enumerate() {
            let top = TOP + number as f64 * (PANEL_HEIGHT + GAP);
            panel.draw(top, seconds, &mut svg);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Panel {
    fn draw(&self, top: f64, seconds: f64, svg: &mut String) {
        let values = self.lines.iter().flat_map(|(_, points)| points.iter());
        let scale = round_up(most(values.map(|(_, value)| *value)));
        let (bottom, right) = (top + PANEL_HEIGHT, WIDTH - RIGHT);
        for part in [0.0, 0.5, 1.0] {
            let y = bottom - part * PANEL_HEIGHT;
            put(
                svg,
                format_args!(
                    "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\" stroke=\"#dddddd\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#555555\">{}</text>\n",
                    LEFT - 6.0,
                    y + 4.0,
                    scale * part
                ),
            );
        }
        put(
            svg,
            format_args!(
                "<text x=\"{LEFT}\" y=\"{}\" fill=\"#555555\">{}</text>\
             <text x=\"{right}\" y=\"{}\" text-anchor=\"end\" fill=\"#555555\">{:.0} min</text>\n",
                top - 6.0,
                escaped(self.unit),
                bottom + 14.0,
                seconds / 60.0
            ),
        );
        for (number, (name, points)) in self.lines.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            let mut path = String::new();
            for (second, value) in points {
                let x = LEFT + second / seconds * (right - LEFT);
                let y = bottom - value / scale * PANEL_HEIGHT;
                put(&mut path, format_args!("{x:.1},{y:.1} "));
            }
            put(
                svg,
                format_args!(
                    "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{}\"/>\
                 <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}</text>\n",
                    path.trim_end(),
                    LEFT + 140.0 + 160.0 * number as f64,
                    top - 6.0,
                    escaped(name)
                ),
            );
        }
    }
}

fn put(text: &mut String, piece: std::fmt::Arguments<'_>) {
    text.write_fmt(piece).expect("writing to memory can't fail");
}

/// The largest of the values, and never nothing.
fn most(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max).max(1e-3)
}

/// The next value that has one digit other than zero, or ends a scale as well.
fn round_up(value: f64) -> f64 {
    let magnitude = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * magnitude >= value);
    step.unwrap_or(10.0) * magnitude
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_line_for_each_line() {
        let panel = |unit| Panel {
            unit,
            lines: vec![("a", vec![(1.0, 2.0), (2.0, 3.0)]), ("b", vec![(1.0, 0.0)])],
        };
        let title = "1 < 2 & more".to_owned();
        let panels = vec![panel("ms"), panel("MiB")];
        let svg = Graph { title, panels }.to_svg();
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert!(svg.contains("1 &lt; 2 &amp; more"));
        assert!(svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn without_points_nothing_is_divided_by_zero() {
        let panels = vec![Panel {
            unit: "ms",
            lines: vec![("a", Vec::new())],
        }];
        let svg = Graph {
            title: String::new(),
            panels,
        }
        .to_svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn scales_end_at_round_values() {
        for (value, expected) in [
            (0.7, 0.8),
            (1.0, 1.0),
            (13.0, 15.0),
            (101.0, 150.0),
            (99.0, 100.0),
        ] {
            assert!((round_up(value) - expected).abs() < 1e-9, "{value}");
        }
    }
}
