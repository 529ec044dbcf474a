// Exact areas of isovists by CGAL's triangular expansion: the outside judge of geo.viewshed.
//
//   isovists < job > areas
//
// The job is little-endian: int64 walls, int64 origins, double range, then the walls (x0 y0 x1 y1)
// and the origins (x y) as doubles. One area in double comes back for each origin, and the CPU
// seconds spent on isovists (reading and filing the walls left out) as the last double.
//
// Every origin gets an arrangement of its own: the walls within range and a square round them,
// since an arrangement of the whole city would let each view run to the horizon. CGAL knows no
// range, so the polygon it gives is cut to the circle here, triangle by triangle from the origin,
// in closed form with true arcs.
//
// Bungiu, F., Hemmer, M., Hershberger, J., Huang, K. & Kroeller, A. (2014). Efficient computation
// of visibility polygons. arXiv 1403.3905.

#include <CGAL/Arr_naive_point_location.h>
#include <CGAL/Arr_segment_traits_2.h>
#include <CGAL/Arrangement_2.h>
#include <CGAL/Triangular_expansion_visibility_2.h>
#ifdef INEXACT
#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
using Kernel = CGAL::Exact_predicates_inexact_constructions_kernel;
#else
#include <CGAL/Exact_predicates_exact_constructions_kernel.h>
using Kernel = CGAL::Exact_predicates_exact_constructions_kernel;
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <unordered_map>
#include <vector>

using Traits = CGAL::Arr_segment_traits_2<Kernel>;
using Arrangement = CGAL::Arrangement_2<Traits>;
using Point = Traits::Point_2;
using Segment = Traits::X_monotone_curve_2;
using Face = Arrangement::Face_const_handle;
using Location = CGAL::Arr_naive_point_location<Arrangement>;
using Visibility = CGAL::Triangular_expansion_visibility_2<Arrangement, CGAL::Tag_true>;

struct Wall { double x0, y0, x1, y1; };

// Walls by cells of 32 m; a wall is filed in each cell its box meets.
struct Grid {
    static constexpr double cell = 32.0;
    std::unordered_map<int64_t, std::vector<int32_t>> cells;

    static int64_t key(int64_t cx, int64_t cy) { return (cx << 32) ^ (cy & 0xffffffff); }

    template <class Visit>
    static void each(double x0, double y0, double x1, double y1, Visit visit) {
        for (auto cy = (int64_t)std::floor(y0 / cell); cy <= (int64_t)std::floor(y1 / cell); ++cy)
            for (auto cx = (int64_t)std::floor(x0 / cell); cx <= (int64_t)std::floor(x1 / cell); ++cx)
                visit(key(cx, cy));
    }

    explicit Grid(const std::vector<Wall>& walls) {
        for (size_t i = 0; i < walls.size(); ++i) {
            const Wall& w = walls[i];
            each(std::min(w.x0, w.x1), std::min(w.y0, w.y1), std::max(w.x0, w.x1),
                 std::max(w.y0, w.y1), [&](int64_t k) { cells[k].push_back((int32_t)i); });
        }
    }

    std::vector<int32_t> near(double x, double y, double range) const {
        std::vector<int32_t> found;
        each(x - range, y - range, x + range, y + range, [&](int64_t k) {
            auto here = cells.find(k);
            if (here != cells.end())
                found.insert(found.end(), here->second.begin(), here->second.end());
        });
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }
};

static double distance(const Wall& w, double x, double y) {
    double dx = w.x1 - w.x0, dy = w.y1 - w.y0, size = dx * dx + dy * dy;
    double t = size > 0 ? ((x - w.x0) * dx + (y - w.y0) * dy) / size : 0.0;
    t = std::clamp(t, 0.0, 1.0);
    return std::hypot(w.x0 + t * dx - x, w.y0 + t * dy - y);
}

static double angle(double ax, double ay, double bx, double by) {
    return std::atan2(ax * by - ay * bx, ax * bx + ay * by);
}

// Area that the triangle (0, a, b) shares with the circle of radius r round 0, with its sign.
static double in_circle(double ax, double ay, double bx, double by, double r) {
    double dx = bx - ax, dy = by - ay, size = dx * dx + dy * dy;
    if (size == 0.0) return 0.0;
    double half = (ax * dx + ay * dy) / size;
    double root = half * half - (ax * ax + ay * ay - r * r) / size;
    double all = 0.5 * r * r * angle(ax, ay, bx, by);
    if (root <= 0.0) return all;
    root = std::sqrt(root);
    double low = std::max(-half - root, 0.0), high = std::min(-half + root, 1.0);
    if (low >= high) return all;
    double px = ax + low * dx, py = ay + low * dy, qx = ax + high * dx, qy = ay + high * dy;
    double area = 0.5 * (px * qy - py * qx);
    if (low > 0.0) area += 0.5 * r * r * angle(ax, ay, px, py);
    if (high < 1.0) area += 0.5 * r * r * angle(qx, qy, bx, by);
    return area;
}

static double isovist(const std::vector<Wall>& walls, const Grid& grid, double x, double y,
                      double range) {
    std::vector<Segment> segments;
    double west = x - range, east = x + range, south = y - range, north = y + range;
    for (int32_t i : grid.near(x, y, range)) {
        const Wall& w = walls[i];
        if (distance(w, x, y) > range) continue;
        segments.emplace_back(Point(w.x0, w.y0), Point(w.x1, w.y1));
        west = std::min({west, w.x0, w.x1});
        east = std::max({east, w.x0, w.x1});
        south = std::min({south, w.y0, w.y1});
        north = std::max({north, w.y0, w.y1});
    }
    Point a(west - 1, south - 1), b(east + 1, south - 1), c(east + 1, north + 1),
        d(west - 1, north + 1);
    for (const Segment& side : {Segment(a, b), Segment(b, c), Segment(c, d), Segment(d, a)})
        segments.push_back(side);
    Arrangement plan;
    CGAL::insert(plan, segments.begin(), segments.end());
    Location location(plan);
    Point origin(x, y);
    auto spot = location.locate(origin);
#if CGAL_VERSION_NR >= 1060000000
    const Face* face = std::get_if<Face>(&spot);
#else
    const Face* face = boost::get<Face>(&spot);
#endif
    if (!face) return -1.0;  // on a wall: not a case for this judge
    Visibility visibility(plan);
    Arrangement view;
    auto seen = visibility.compute_visibility(origin, *face, view);
    double area = 0.0;
    auto edge = seen->outer_ccb();
    auto first = edge;
    do {
        const Point &p = edge->source()->point(), &q = edge->target()->point();
        area += in_circle(CGAL::to_double(p.x()) - x, CGAL::to_double(p.y()) - y,
                          CGAL::to_double(q.x()) - x, CGAL::to_double(q.y()) - y, range);
    } while (++edge != first);
    return area;
}

template <class T>
static bool take(T* into, size_t n) {
    return std::fread(into, sizeof(T), n, stdin) == n;
}

int main() {
    int64_t counts[2];
    double range;
    if (!take(counts, 2) || !take(&range, 1)) return 2;
    std::vector<Wall> walls(counts[0]);
    std::vector<double> origins(2 * counts[1]), areas(counts[1] + 1);
    if (!take(walls.data(), walls.size()) || !take(origins.data(), origins.size())) return 2;
    Grid grid(walls);
    std::clock_t begun = std::clock();
    for (int64_t i = 0; i < counts[1]; ++i)
        areas[i] = isovist(walls, grid, origins[2 * i], origins[2 * i + 1], range);
    areas[counts[1]] = (double)(std::clock() - begun) / CLOCKS_PER_SEC;
    std::fwrite(areas.data(), sizeof(double), areas.size(), stdout);
    return 0;
}
