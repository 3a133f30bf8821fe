"""Faults of tables and charts."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "display/figure.py",
        ("new_figure", "figure._repr_png_ = partial(_png, figure)", "",
         "notebook: a figure is shown once pyplot was imported only"),
    ),
    *planted_in(
        "display/frame.py",
        ("Frame._repr_html_", "escaped(self.page)", "self.page",
         "notebook: the explorer's page ends the attribute that holds it"),
    ),
    *planted_in(
        "display/text.py",
        ("escaped", "printable(str(text)).translate(_MARKUP)", "str(text)",
         "report: text is not escaped"),
        ("printable", "re.sub(_NOT_IN_XML, '�', text)", "text",
         "report: a picture with characters that XML does not know"),
    ),
    *planted_in(
        "display/terminal.py",
        ("_sign", "character.encode(encoding, 'backslashreplace').decode(encoding)", "character",
         "terminal: a character that it cannot show ends the program"),
        ("say", "Exception", "(AttributeError, ValueError)",
         "terminal: a broken pipe ends the program"),
        ("say", "Exception", "(OSError, ValueError)", "terminal: a program without a console"),
        ("has_terminal", "Exception", "ValueError",
         "terminal: a stream that knows no terminals"),
    ),
    *planted_in(
        "display/line_chart.py",
        ("thinned", "start + int(np.nanargmin(stretch))", "",
         "line_chart: a long line loses its valleys"),
        ("_Axis.place", "self.end - self.start", "self.end", "line_chart: a line beside its axis"),
        ("_line", "[[False], holds, [False]]", "[[False], np.isfinite(steps), [False]]",
         "line_chart: a line through its gaps"),
    ),
]  # fmt: skip
