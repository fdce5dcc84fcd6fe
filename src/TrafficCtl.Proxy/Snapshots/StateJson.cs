using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary>What a target did last, and where its stable version was then.</summary>
/// <param name="StableEndpoints">Empty when they are not known.</param>
internal sealed record LastRoute(ServiceRoute Route, ImmutableArray<Uri> StableEndpoints);

/// <summary><c>snapshot.json</c>: the last route of every service that was ever served here.</summary>
internal sealed record SnapshotDocument(int Version, ImmutableArray<RouteDocument> Routes)
{
    public const int CurrentVersion = 1;

    /// <summary>The largest file that makes sense: ten thousand services take a tenth of it.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>The routes by target; of one that is named twice the first.</summary>
    /// <exception cref="JsonException">Something is missing or out of range.</exception>
    public ImmutableArray<LastRoute> ToRoutes()
    {
        if (Version != CurrentVersion) throw new JsonException($"version {Version} is not {CurrentVersion}");
        // The reader's own rules stop at the elements of an array.
        if (Routes.IsDefault || Routes.Any(static r => r is null)) throw new JsonException("routes is null or has a null in it");
        return [.. Routes.Select(static r => r.ToRoute()).DistinctBy(static r => r.Route.Key)];
    }
}

/// <param name="General">The candidate's share in basis points.</param>
/// <param name="StableEndpoints">Where the stable version was when this was saved; null in files of older builds.</param>
internal sealed record RouteDocument(
    string Service, long Generation, string Stable, string? Candidate, string? RolloutId, int General,
    ImmutableArray<CohortDocument> Cohorts,
    ImmutableArray<string>? StableEndpoints = null)
{
    /// <summary>Null in files of builds that served one environment of a service.</summary>
    public string? Environment { get; init; }

    /// <summary>Null for the default target.</summary>
    public string? Target { get; init; }

    /// <summary>The route groups of the rollout; null where there are none, and in files of older builds.</summary>
    public PathsDocument? Paths { get; init; }

    /// <summary>Larger ones could not be counted on from, and JSON readers of other languages would round them.</summary>
    private const long MostGeneration = 1L << 53;

    private const int MostNumber = 1_000_000_000;

    public static RouteDocument Of(LastRoute last) => new(
        last.Route.Key.Service, last.Route.Generation, last.Route.Stable, last.Route.Candidate, last.Route.RolloutId,
        last.Route.Exposure.General.Candidate,
        [.. last.Route.Exposure.Cohorts.Select(c => new CohortDocument(c.Cohort, c.Weights.Candidate))],
        last.StableEndpoints.IsEmpty ? null : [.. last.StableEndpoints.Select(e => e.AbsoluteUri)])
    {
        Environment = FormerKeys.IsOne(last.Route.Key) ? null : last.Route.Key.Environment,
        Target = last.Route.Key.IsOfDefaultTarget ? null : last.Route.Key.Target,
        Paths = last.Route.Paths is { } paths ? new PathsDocument(paths.Depth, paths.Names) : null,
    };

    /// <exception cref="JsonException">Something is missing or out of range.</exception>
    public LastRoute ToRoute()
    {
        if (Service.Length == 0 || Stable.Length == 0 || Candidate?.Length == 0)
            throw new JsonException($"service \"{Service}\": a name is empty");
        if (Generation is < -1 or > MostGeneration)
            throw new JsonException($"service {Service}: generation {Generation} is outside -1..{MostGeneration}");
        if ((Candidate is null) != (RolloutId is null))
            throw new JsonException($"service {Service}: candidate and rolloutId belong together");
        if (RolloutId is { } id && int.TryParse(id[(id.LastIndexOf('-') + 1)..], out var number) && number > MostNumber)
            throw new JsonException($"service {Service}: the number of rollout {id} is above {MostNumber}");
        if (Cohorts.IsDefault || Cohorts.Any(static c => c is null))
            throw new JsonException($"service {Service}: cohorts is null or has a null in it");
        var exposure = Candidate is null
            ? Exposure.None
            : new Exposure(Read(General), [.. Cohorts.Select(c => new CohortWeights(c.Cohort, Read(c.Weight)))]);
        var route = new ServiceRoute(Key, Generation, Stable, Candidate, RolloutId, exposure) { Paths = Paths?.ToGroups(Service) };
        return new LastRoute(route, ReadEndpoints());
    }

    private TargetKey Key =>
        Environment is null ? FormerKeys.Of(Service) : new TargetKey(Service, Environment, Target ?? TargetKey.DefaultTarget);

    private Weights Read(int weight) => weight is >= 0 and <= Weights.Total
        ? Weights.OfCandidate(weight)
        : throw new JsonException($"service {Service}: weight {weight} is outside 0..{Weights.Total}");

    private ImmutableArray<Uri> ReadEndpoints()
    {
        if (StableEndpoints is not { IsDefault: false } written) return [];
        var endpoints = ImmutableArray.CreateBuilder<Uri>(written.Length);
        foreach (var text in written)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || !IsKnown(endpoint))
                throw new JsonException($"service {Service}: an endpoint of {Stable} is no http address");
            endpoints.Add(endpoint);
        }

        return endpoints.ToImmutable();
    }

    private static bool IsKnown(Uri endpoint) =>
        endpoint.Scheme == Uri.UriSchemeHttp || endpoint.Scheme == Uri.UriSchemeHttps || UnixAddress.Is(endpoint);
}

internal sealed record CohortDocument(string Cohort, int Weight);

/// <param name="Depth">Segments of a path that make a group.</param>
/// <param name="Names">The names of the groups, without the rest.</param>
internal sealed record PathsDocument(int Depth, ImmutableArray<string> Names)
{
    /// <exception cref="JsonException">They are no groups.</exception>
    public PathGroups ToGroups(string service)
    {
        if (Names.IsDefault || Names.Any(static n => n is null))
            throw new JsonException($"service {service}: paths.names is null or has a null in it");
        try
        {
            return PathGroups.Of(Depth, Names);
        }
        catch (ArgumentException wrong)
        {
            throw new JsonException($"service {service}: paths: {wrong.Message}", wrong);
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SnapshotDocument))]
internal sealed partial class StateJson : JsonSerializerContext;
