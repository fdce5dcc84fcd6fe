using System.Globalization;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Leading;

/// <summary>The Lease as JSON. Fields that are not known here are preserved.</summary>
internal static class LeaseObject
{
    private const string OverMark = "-is-done";

    public static string Holder(JsonObject lease) => (string?)Spec(lease)["holderIdentity"] ?? "";

    public static TimeSpan Duration(JsonObject lease) => TimeSpan.FromSeconds((int?)Spec(lease)["leaseDurationSeconds"] ?? 0);

    /// <summary>
    /// The content that changes with every renewal. It is only compared, never parsed as a time, as machines' clocks differ.
    /// </summary>
    public static string Record(JsonObject lease) => Spec(lease).ToJsonString();

    public static LeaderTerm Term(JsonObject lease) => new(
        DateTimeOffset.TryParse(
            (string?)lease["metadata"]?["creationTimestamp"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made)
            ? made
            : default,
        (long?)Spec(lease)["leaseTransitions"] ?? 0);

    public static JsonObject New(LeaseSettings settings, DateTimeOffset now) => Held(
        new JsonObject
        {
            ["apiVersion"] = KubeKind.Lease.ApiVersion,
            ["kind"] = KubeKind.Lease.Kind,
            ["metadata"] = new JsonObject { ["name"] = settings.Name, ["namespace"] = settings.Namespace },
        },
        settings, now);

    /// <summary>The Lease held by this process from now on: renewed if it holds it already, otherwise with a new leader.</summary>
    public static JsonObject Held(JsonObject lease, LeaseSettings settings, DateTimeOffset now)
    {
        var held = lease.DeepClone().AsObject();
        var spec = held["spec"] as JsonObject ?? [];
        held["spec"] = spec;
        if (Holder(lease) != settings.Identity)
        {
            spec["acquireTime"] = MicroTime(now);
            spec["leaseTransitions"] = lease["spec"] is null ? 0 : ((long?)spec["leaseTransitions"] ?? 0) + 1;
        }

        spec["holderIdentity"] = settings.Identity;
        spec["leaseDurationSeconds"] = (int)Math.Ceiling(settings.LeaseDuration.TotalSeconds);
        spec["renewTime"] = MicroTime(now);
        return held;
    }

    /// <summary>The released Lease: the next candidate does not have to wait.</summary>
    public static JsonObject Released(JsonObject lease, DateTimeOffset now)
    {
        var free = lease.DeepClone().AsObject();
        var spec = Spec(free);
        spec["holderIdentity"] = "";
        spec["leaseDurationSeconds"] = 1;
        spec["acquireTime"] = MicroTime(now);
        spec["renewTime"] = MicroTime(now);
        return free;
    }

    /// <summary>
    /// The Lease after last work (<see cref="LeaseSettings.TakesOver"/>): there is no leader until it expires, but other last work may
    /// begin at
    /// once.
    /// </summary>
    public static JsonObject Over(JsonObject lease, LeaseSettings settings, DateTimeOffset now) =>
        Held(lease, settings with { Identity = settings.Identity + OverMark }, now);

    public static bool IsOver(JsonObject lease) => Holder(lease).EndsWith(OverMark, StringComparison.Ordinal);

    private static JsonObject Spec(JsonObject lease) => lease["spec"] as JsonObject ?? [];

    private static string MicroTime(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
