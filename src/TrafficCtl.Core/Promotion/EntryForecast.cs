using System.Collections.Immutable;

namespace TrafficCtl.Core.Promotion;

/// <summary>When a bundle enters an environment if everything that waits goes well.</summary>
/// <param name="At">The earliest time; null where no time alone brings it there.</param>
/// <param name="If">What has to hold besides, such as gates that somebody answers: each is taken to pass as soon as it is asked.</param>
/// <param name="Never">Why no time is given; null where one is.</param>
public sealed record EntryForecast(DateTimeOffset? At, ImmutableArray<string> If, string? Never);
