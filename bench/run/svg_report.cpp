// The picture is drawn with what every viewer has: rectangles, lines and the reader's own sans-serif font.
// All bars share one axis, since all plotted figures are rates. The colours follow the reader's scheme, and
// the ground is painted, so that a page of the other scheme does no harm.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "run/report.hpp"

namespace chatsync::bench {
namespace {

constexpr double kWidth = 900;
constexpr double kMargin = 20;
constexpr double kLeft = 320;   ///< Of it the names, and right of it the bars.
constexpr double kRight = 150;  ///< The numbers.
constexpr double kTop = 88;
constexpr double kBar = 16;
constexpr double kGap = 18;
constexpr double kBottom = 48;

constexpr std::string_view kStyle = R"(<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .ground { fill: #ffffff; }
  .grid { stroke: #d1d9e0; }
  .ours { fill: #0969da; }
  .yardstick { fill: #afb8c1; }
  .range { stroke: #1f2328; }
  .target { stroke: #cf222e; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .ground { fill: #0d1117; }
    .grid { stroke: #3d444d; }
    .ours { fill: #4493f8; }
    .yardstick { fill: #656c76; }
    .range { stroke: #f0f6fc; }
    .target { stroke: #f85149; }
  }
</style>
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else {
      result += c;
    }
  }
  return result;
}

double target_rate(const Figure& figure) {
  if (!figure.target) return 0;
  return figure.target->of == Of::ours ? figure.target->limit
                                       : limit_of_ratio(*figure.target) * median(figure.yardstick);
}

/// The end of the axis: the first round number above everything that is drawn.
double axis_end(const std::vector<Figure>& figures) {
  double most = 1;
  for (const Figure& figure : figures) {
    most = std::max(most, target_rate(figure));
    for (const Samples* samples : {&figure.ours, &figure.yardstick}) {
      if (!samples->empty()) most = std::max(most, std::ranges::max(*samples));
    }
  }
  const double step = std::pow(10, std::floor(std::log10(most)));
  for (const double multiple : {1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0}) {
    if (multiple * step >= most) return multiple * step;
  }
  return 10 * step;
}

class Drawing {
 public:
  explicit Drawing(double most) : scale_((kWidth - kLeft - kRight) / most) {}

  double x(double rate) const { return kLeft + rate * scale_; }

  void text(double at_x, double at_y, std::string_view attributes, std::string_view content) {
    add(R"(<text x="{:.1f}" y="{:.1f}" {}>{}</text>)", at_x, at_y, attributes, escaped(content));
  }
  void rectangle(double at_x, double at_y, double width, double height, std::string_view kind) {
    add(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>)", at_x, at_y, width,
        height, kind);
  }
  void line(double x1, double y1, double x2, double y2, std::string_view kind) {
    add(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>)", x1, y1, x2, y2, kind);
  }
  void bar(double at_y, const Samples& samples, std::string_view kind, std::string_view unit) {
    const auto [least, most] = std::ranges::minmax(samples);
    rectangle(kLeft, at_y, x(median(samples)) - kLeft, kBar - 2, kind);
    line(x(least), at_y + (kBar - 2) / 2, x(most), at_y + (kBar - 2) / 2, "range");
    text(kWidth - kMargin, at_y + kBar - 4, R"(class="small" text-anchor="end")",
         fmt::format("{} {}", text_of_number(median(samples)), unit));
  }

  std::string take() { return std::move(out_); }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
    out_ += '\n';
  }

  double scale_;
  std::string out_;
};

void draw_legend(Drawing& drawing) {
  drawing.rectangle(20, 42, 12, 12, "ours");
  drawing.text(38, 53, "", "chatsync");
  drawing.rectangle(120, 42, 12, 12, "yardstick");
  drawing.text(138, 53, "", "yardstick: a bare program on the same machine, in the same run");
  drawing.line(600, 40, 600, 56, "target");
  drawing.text(608, 53, "", "target, by the yardstick");
}

void draw_figure(Drawing& drawing, const Figure& figure, double y) {
  const bool compared = !figure.yardstick.empty();
  const double height = compared ? 2 * kBar : kBar;
  drawing.text(kLeft - 10, y + kBar - 3, R"(text-anchor="end")", figure.what);
  drawing.bar(y, figure.ours, "ours", figure.unit);
  if (compared) {
    drawing.bar(y + kBar, figure.yardstick, "yardstick", figure.unit);
    drawing.text(kLeft - 10, y + 2 * kBar - 3, R"(class="small" text-anchor="end")", figure.yardstick_name);
  }
  if (const double target = target_rate(figure); target > 0) {
    drawing.line(drawing.x(target), y - 3, drawing.x(target), y + height + 1, "target");
  }
}

}  // namespace

std::string svg_of(const Report& report) {
  std::vector<Figure> plotted;
  std::ranges::copy_if(report.figures, std::back_inserter(plotted),
                       [](const Figure& figure) { return figure.plotted && !figure.ours.empty(); });
  double height = kTop + kBottom;
  for (const Figure& figure : plotted) height += (figure.yardstick.empty() ? 1 : 2) * kBar + kGap;

  const double most = axis_end(plotted);
  Drawing drawing(most);
  drawing.text(kMargin, 26, R"(class="title")",
               "What chatsync does in a second, beside what the machine allows");
  draw_legend(drawing);
  for (int i = 0; i <= 5; ++i) {
    const double rate = most * i / 5;
    drawing.line(drawing.x(rate), kTop - 12, drawing.x(rate), height - kBottom, "grid");
    drawing.text(drawing.x(rate), height - kBottom + 16, R"(class="small" text-anchor="middle")",
                 text_of_number(rate));
  }
  double y = kTop;
  for (const Figure& figure : plotted) {
    draw_figure(drawing, figure, y);
    y += (figure.yardstick.empty() ? 1 : 2) * kBar + kGap;
  }
  drawing.text(kMargin, height - 10, R"(class="small")",
               fmt::format("Medians of {} rounds of {} s, thin lines from least to most; {} cores shared by "
                           "load, servers and yardsticks{}",
                           report.plan.rounds, text_of_number(report.plan.seconds), report.machine.cores,
                           report.machine.quiet ? "" : "; the machine was not quiet"));
  return fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" )"
                     R"(width="{0:.0f}" height="{1:.0f}" role="img" aria-label="Rates of chatsync beside )"
                     R"(its yardsticks">{2}{3}</svg>)"
                     "\n",
                     kWidth, height,
                     "\n" + std::string(kStyle) +
                         fmt::format(R"(<rect width="{:.0f}" height="{:.0f}" class="ground"/>)"
                                     "\n",
                                     kWidth, height),
                     drawing.take());
}

}  // namespace chatsync::bench
