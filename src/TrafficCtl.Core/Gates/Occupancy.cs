namespace TrafficCtl.Core.Gates;

/// <summary>A time in which one version was the current one of an environment without a break.</summary>
/// <param name="Environment">Where.</param>
/// <param name="Version">Which.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when; null while it lasts.</param>
/// <param name="Requests">That it answered in that time.</param>
public sealed record Occupancy(string Environment, string Version, DateTimeOffset From, DateTimeOffset? To, long Requests);
