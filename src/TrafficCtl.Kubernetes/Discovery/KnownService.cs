using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What passes over the cluster have learnt of one service. A pass takes it and returns the next one.</summary>
/// <param name="Name">The engine's name of it.</param>
/// <param name="Notes">What is to be kept of it over a restart.</param>
internal sealed record KnownService(string Name, SlotNotes Notes)
{
    /// <summary>What is kept of it already.</summary>
    public required SlotNotes Kept { get; init; }

    /// <summary>The object that holds <see cref="Kept"/>: one that is made anew holds nothing. Null for none yet.</summary>
    public string? KeptIn { get; init; }

    /// <summary>Where it was declared last.</summary>
    public KubeOrigin? Origin { get; init; }

    /// <summary>The last declaration, as it was understood.</summary>
    public ReadDelivery? Reading { get; init; }

    /// <summary>The declaration in force: the last valid one, or none.</summary>
    public ClusterDelivery? Delivery { get; init; }

    /// <summary>What the engine is given; null while nothing runs that could be controlled.</summary>
    public ServiceSpec? Spec { get; init; }

    /// <summary>The declaration that <see cref="Spec"/> was made of.</summary>
    public ClusterDelivery? SpecOf { get; init; }

    /// <summary>What was reported in the last pass.</summary>
    public ImmutableHashSet<(KubeOrigin, Remark)> Told { get; init; } = [];

    /// <summary>When its root Service was first missed, by the monotonic clock; null while it is there.</summary>
    public long? GoneSince { get; init; }

    public Departure Departure { get; init; }

    /// <summary>The target of a service here; of one that was never declared well, that of the default environment.</summary>
    public TargetKey Key => Delivery?.Key ?? new TargetKey(Name, TargetKey.DefaultEnvironment);

    /// <summary>The object that <see cref="Reading"/> is of; null to read the next one in any case.</summary>
    private JsonObject? ReadFrom { get; init; }

    /// <summary>The declaration in force, as it is kept.</summary>
    private string? Declaring { get; init; }

    /// <param name="name">The engine's name of it.</param>
    /// <param name="notes">What was kept of it before.</param>
    /// <param name="uid">The object that keeps it; null for none yet.</param>
    public static KnownService Of(string name, SlotNotes notes, string? uid) => new(name, notes) { Kept = notes, KeptIn = uid };

    /// <summary>On a standby what the leader keeps counts, and nothing that this process learnt.</summary>
    public KnownService KeptAs(SlotNotes notes) => this with { Notes = notes, Kept = notes };

    /// <summary>Goes on with the last valid declaration when nothing declares the service any more.</summary>
    /// <param name="origin">The object that its notes are kept in.</param>
    /// <param name="declared">The service without a declaration.</param>
    /// <param name="reader">The reader of declarations.</param>
    /// <returns>Without a <see cref="Delivery"/> where none is known.</returns>
    public KnownService Remember(KubeOrigin origin, DeclaredService declared, IDeliveryReader reader)
    {
        // The same object may come back, and is read again then.
        var next = this with { Origin = origin, ReadFrom = null };
        if (Delivery is not null || Notes.Declared is not { } last) return next;
        var reading = reader.Read(Parsed(declared, last));
        return next with { Reading = reading, Delivery = reading.Delivery };
    }

    /// <summary>
    /// Reads a declaration that is new; one with problems leaves the last valid one in force, also that of an earlier process.
    /// </summary>
    /// <param name="declaration">As it stands in the cluster.</param>
    /// <param name="reader">The reader of declarations.</param>
    public KnownService Understand(DeclaringObjects.Found declaration, IDeliveryReader reader)
    {
        var declared = declaration.Declared;
        var isNew = !ReferenceEquals(ReadFrom, declaration.Object);
        var reading = isNew ? reader.Read(declared) : Reading!;
        var next = this with { ReadFrom = declaration.Object, Reading = reading, Origin = declared.Origin };
        if (reading.IsOff) return next with { Delivery = null, Notes = Notes with { Declared = null } };
        if (reading.Delivery is { } delivery)
        {
            var text = isNew ? Text(declared) : Declaring;
            return next with { Delivery = delivery, Declaring = text, Notes = Notes with { Declared = text } };
        }

        return Delivery is null && Notes.Declared is { } last
            ? next with { Delivery = reader.Read(Parsed(declared, last)).Delivery }
            : next;
    }

    private static string Text(DeclaredService declared) => new JsonObject
    {
        ["keys"] = declared.Delivery is null
            ? new JsonObject(declared.Keys.Select(k => KeyValuePair.Create(k.Key, (JsonNode?)k.Value)))
            : null,
        ["spec"] = declared.Delivery?.DeepClone(),
    }.ToJsonString();

    private static DeclaredService Parsed(DeclaredService now, string last)
    {
        var json = JsonNode.Parse(last)!.AsObject();
        return now with { Keys = json.TextsAt("keys"), Delivery = json.MapAt("spec") };
    }
}
