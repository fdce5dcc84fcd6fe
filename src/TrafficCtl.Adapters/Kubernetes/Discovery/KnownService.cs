using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Kubernetes.Telling;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Adapters.Kubernetes.Discovery;

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
