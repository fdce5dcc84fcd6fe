namespace TrafficCtl.Core.Routing;

/// <summary>How requests are put into route groups.</summary>
/// <param name="Max">Groups at most, 1 to <see cref="PathGroups.Most"/>; all other paths are one more group, the rest.</param>
/// <param name="Depth">Segments of the path that make a group, 1 to <see cref="PathGroups.MostDepth"/>.</param>
public sealed record RouteGrouping(int Max = PathGroups.Most, int Depth = PathGroups.UsualDepth);
