using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Keys that stand in a service and in a pipeline alike.</summary>
internal static class CommonKeys
{
    private const int MaxVersions = 100, MaxEndpoints = 256;

    public static Key Service { get; } = new(
        "service", Scalars.Named("a service's name", Names.Service) with { Example = "checkout" },
        "The name of what is routed to as one.", IsRequired: true);

    public static Key Listen { get; } =
        new("listen", Addresses.Listen with { Example = "http://127.0.0.1:8080" }, "Where requests come in.", IsRequired: true);

    public static Key Versions { get; } = new(
        "versions",
        new MapShape(
            "versions", Names.Version,
            new ListShape("addresses", Addresses.Endpoint, 1, MaxEndpoints) { Example = "[http://127.0.0.1:5001]" }, 1,
            MaxVersions)
        { Example = "{ v1: [http://127.0.0.1:5001] }" },
        "The versions in the order they came out, each with its endpoints.", IsRequired: true);

    public static Key Analysis { get; } = new("analysis", AnalysisSchema.Root, "What worse means, and what follows.");
}
