using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What passes over the cluster have learnt of one service.</summary>
/// <param name="name">The engine's name of it.</param>
/// <param name="notes">What was kept of it before.</param>
/// <param name="uid">The object that keeps it; null for none yet.</param>
internal sealed class KnownService(string name, SlotNotes notes, string? uid)
{
    private JsonObject? read;
    private string? declaring;

    public string Name => name;

    /// <summary>Where it was declared last.</summary>
    public KubeOrigin? Origin { get; private set; }

    public ReadDelivery? Reading { get; private set; }

    /// <summary>The declaration in force: the last valid one, or none.</summary>
    public ClusterDelivery? Delivery { get; private set; }

    public ClusterDelivery? SpecOf { get; set; }

    public ServiceSpec? Spec { get; set; }

    public SlotNotes Notes { get; set; } = notes;

    public SlotNotes Kept { get; set; } = notes;

    /// <summary>The object that holds <see cref="Kept"/>: one that is made anew holds nothing.</summary>
    public string? KeptIn { get; set; } = uid;

    public ImmutableHashSet<(KubeOrigin, Remark)> Told { get; set; } = [];

    /// <summary>When its root Service was first missed, by the monotonic clock; null while it is there.</summary>
    public long? GoneSince { get; set; }

    public Departure Departure { get; set; }

    /// <summary>Goes on with the last valid declaration when nothing declares the service any more.</summary>
    /// <param name="origin">The object that its notes are kept in.</param>
    /// <param name="declared">The service without a declaration.</param>
    /// <param name="reader">Of declarations.</param>
    /// <returns>False where none is known.</returns>
    public bool Remember(KubeOrigin origin, DeclaredService declared, IDeliveryReader reader)
    {
        if (Delivery is null && Notes.Declared is { } last)
        {
            Reading = reader.Read(Parsed(declared, last));
            Delivery = Reading.Delivery;
        }

        Origin = origin;
        // The same object may come back, and is read again then.
        read = null;
        return Delivery is not null;
    }

    /// <summary>Reads a declaration that is new; one with problems leaves the last valid one in force, also that of an earlier process.</summary>
    /// <param name="declaration">As it stands in the cluster.</param>
    /// <param name="reader">Of declarations.</param>
    /// <param name="leave">Called before a service that is switched off is forgotten.</param>
    public ReadDelivery Understand(Declarations.Found declaration, IDeliveryReader reader, Action<KnownService> leave)
    {
        var declared = declaration.Declared;
        var isNew = !ReferenceEquals(read, declaration.Object);
        if (isNew) (read, Reading) = (declaration.Object, reader.Read(declared));
        Origin = declared.Origin;
        if (Reading!.IsOff)
        {
            leave(this);
            (Delivery, Notes) = (null, Notes with { Declared = null });
        }
        else if (Reading.Delivery is { } delivery)
        {
            Delivery = delivery;
            if (isNew) declaring = Text(declared);
            Notes = Notes with { Declared = declaring };
        }
        else if (Delivery is null && Notes.Declared is { } last)
        {
            Delivery = reader.Read(Parsed(declared, last)).Delivery;
        }

        return Reading;
    }

    private static string Text(DeclaredService declared) => new JsonObject
    {
        ["keys"] = declared.Delivery is null ? new JsonObject(declared.Keys.Select(k => KeyValuePair.Create(k.Key, (JsonNode?)k.Value))) : null,
        ["spec"] = declared.Delivery?.DeepClone(),
    }.ToJsonString();

    private static DeclaredService Parsed(DeclaredService now, string last)
    {
        var json = JsonNode.Parse(last)!.AsObject();
        return now with { Keys = json.TextsAt("keys"), Delivery = json.MapAt("spec") };
    }
}
