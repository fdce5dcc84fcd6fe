using System.Collections.Immutable;
using TrafficCtl.Control.Viewing;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>One pass over what the informers hold: takes what is known of each service, and returns what is known of it now.</summary>
internal sealed class DiscoveryPass(
    ClusterLink cluster, IDeliveryReader reader, DeliveryNotes notes, Views views, DiscoveryReports reports, Departures departures)
{
    private readonly Inventory.Memory memory = new();
    private readonly ServiceResolver resolver = new(notes, views);

    /// <summary>Templates hashed since the start.</summary>
    public long Hashed => memory.Hashed;

    /// <param name="known">By name, after the pass before.</param>
    public (IReadOnlyDictionary<string, KnownService> Known, PassFindings Findings) Run(IReadOnlyDictionary<string, KnownService> known)
    {
        if (!cluster.IsLeader()) notes.Forget();
        var findings = new PassFindings(new Inventory(cluster.View, memory));
        var next = new Dictionary<string, KnownService>(known, StringComparer.Ordinal);
        foreach (var declaration in DeclaringObjects.Of(cluster.View))
        {
            var name = declaration.Declared.FullName;
            findings.Names.Add(name);
            var remarks = ImmutableArray.CreateBuilder<(KubeOrigin About, Remark Remark)>();
            remarks.AddRange(declaration.Remarks);
            var one = Understand(Known(next, name), declaration, remarks);
            next[name] = Read(one, declaration.Declared, findings, remarks);
        }

        foreach (var one in Departing(next, findings))
        {
            findings.Names.Add(one.Name);
            next[one.Name] = Read(one, Declared(one), findings, ImmutableArray.CreateBuilder<(KubeOrigin, Remark)>());
        }

        foreach (var gone in next.Values.Where(k => !findings.Names.Contains(k.Name)).ToArray()) Forget(next, gone);
        resolver.Forget(service => !findings.Names.Contains(service));
        return (next, findings);
    }

    private KnownService Known(Dictionary<string, KnownService> known, string name)
    {
        if (!known.TryGetValue(name, out var one)) return KnownService.Of(name, notes.Read(name), notes.Uid(name));
        return cluster.IsLeader() ? one : one.KeptAs(notes.Read(name));
    }

    /// <summary>The declaration, or the last valid one; none for a service that is switched off.</summary>
    private KnownService Understand(
        KnownService one, DeclaringObjects.Found declaration, ImmutableArray<(KubeOrigin, Remark)>.Builder remarks)
    {
        var origin = declaration.Declared.Origin;
        var next = one.Understand(declaration, reader);
        var reading = next.Reading!;
        if (reading.IsOff) Leave(one with { Origin = origin });
        foreach (var warning in reading.Warnings) remarks.Add((origin, new Remark(reading.IsOff ? "NothingDone" : "Doubtful", warning)));
        foreach (var problem in reading.Problems) remarks.Add((origin, new Remark("InvalidDelivery", problem)));
        return next;
    }

    /// <summary>What is known of one service now, whether it is declared or its root Service was deleted.</summary>
    private KnownService Read(
        KnownService one, DeclaredService declared, PassFindings findings,
        ImmutableArray<(KubeOrigin About, Remark Remark)>.Builder remarks)
    {
        if (one.Delivery is { } delivery)
        {
            one = Depart(one, delivery, declared, findings.Inventory);
            one = resolver.Resolve(one, delivery, declared.Origin, findings, remarks);
            findings.Services.Add(new ClusterService(one.Spec, delivery, declared.Origin) { Departure = one.Departure });
        }

        var leaving = DepartureText.Of(one);
        if (one.Reading is { IsOff: false } read) findings.States.Add(StateOf(one, declared, read, remarks) with { Leaving = leaving });
        one = reports.Tell(one, remarks);
        var problems = one.Reading!.Problems;
        views.Remark(
            one.Key,
            [.. WordsOf(problems), .. remarks.Select(r => r.Remark.Text).Except(problems, StringComparer.Ordinal),
             .. leaving is null ? ImmutableArray<string>.Empty : [leaving]]);
        return one;
    }

    private static DeclaredState StateOf(
        KnownService one, DeclaredService declared, ReadDelivery read, ImmutableArray<(KubeOrigin, Remark Remark)>.Builder remarks)
    {
        var wrong = remarks.Select(r => r.Remark).Where(r => r.Reason is Remark.NoEndpoints or Remark.ChangedInPlace)
            .OrderByDescending(r => r.Reason == Remark.NoEndpoints).FirstOrDefault();
        return new DeclaredState(declared.Namespace, declared.Service, declared.Origin, read.Problems)
        {
            IsServed = one.Spec is not null && one.Notes.HeldVersion is not null,
            NotServing = wrong is null ? null : (wrong.Reason, wrong.Text),
        };
    }

    /// <summary>All problems are one warning: its events tell each.</summary>
    private static ImmutableArray<string> WordsOf(ImmutableArray<string> problems) => problems switch
    {
        [] => [],
        [var only] => [$"its declaration was changed and refused; the last valid one stays in force. {only}"],
        _ => [$"its declaration was changed and refused for {problems.Length} reasons, all of which its events tell; "
            + $"the last valid one stays in force. {problems[0]}"],
    };

    /// <summary>
    /// A root Service that is missed is an order to end. One that a Delivery declares beside a pair of the user's need not be there.
    /// </summary>
    private KnownService Depart(KnownService one, ClusterDelivery delivery, DeclaredService declared, Inventory inventory)
    {
        var isNeeded = declared.Delivery is null || (delivery.IsManaged && one.Notes.Held is not null);
        var next = departures.Pass(one, !isNeeded || inventory.Service(delivery.Namespace, delivery.Service) is not null, HasEnded);
        if (next.Departure == one.Departure) return next;
        if (DepartureText.Of(next) is { } text) reports.Departing(declared.Origin, text);
        else reports.Back(declared.Origin, DepartureText.Back(delivery));
        return next;
    }

    /// <summary>No request goes to another version than the good one, as far as that is the controller's to decide.</summary>
    private bool HasEnded(KnownService one)
    {
        var view = views.Find(one.Key);
        if (one.Spec is null || (view?.Record is null && notes.LastGood(one.Name) is null)) return true;
        return view is { Record.Active: null, Router: { Pending: null, Abort: null } router }
            && (router.Drift is not null || !router.EffectiveExposure.ReachesCandidate);
    }

    /// <summary>The services whose declaration went with their root Service, also those that an earlier process knew.</summary>
    private List<KnownService> Departing(Dictionary<string, KnownService> known, PassFindings findings)
    {
        foreach (var delivery in cluster.View.All(KubeKind.Delivery))
        {
            var name = $"{delivery.NamespaceOf()}.{delivery.NameOf()}";
            if (findings.Names.Contains(name) || known.ContainsKey(name) || delivery.MapAt("status")?.TextAt("discovery") is null) continue;
            if (notes.Read(name) is { Declared: not null } before) known[name] = KnownService.Of(name, before, notes.Uid(name));
        }

        var departing = new List<KnownService>();
        foreach (var held in known.Values.Where(k => !findings.Names.Contains(k.Name)).ToArray())
        {
            var declared = Declared(held);
            if (findings.Inventory.Service(declared.Namespace, declared.Service) is not null) continue;
            var one = cluster.IsLeader() ? held : held.KeptAs(notes.Read(held.Name));
            var isOver = departures.IsLetGo(one.Name) && one.Departure == Departure.Over;
            if (isOver) one = one with { Notes = one.Notes with { Declared = null } };
            else if (cluster.IsLeader() || one.Notes.Declared is not null) one = one.Remember(declared.Origin, declared, reader);
            else isOver = true;
            known[one.Name] = one;
            if (!isOver && one.Delivery is not null) departing.Add(one);
        }

        return departing;
    }

    /// <summary>The service that nothing declares now: what is said of it regards the object that keeps its state.</summary>
    private DeclaredService Declared(KnownService one)
    {
        var dot = one.Name.IndexOf('.', StringComparison.Ordinal);
        var name = new KubeName(KubeKind.Delivery, one.Name[..dot], one.Name[(dot + 1)..]);
        var origin = notes.Uid(one.Name) is { } uid ? new KubeOrigin(name, uid) : one.Origin ?? new KubeOrigin(name, "");
        return new DeclaredService(name.Namespace!, name.Name, origin, ImmutableSortedDictionary<string, string>.Empty, null);
    }

    private void Forget(Dictionary<string, KnownService> known, KnownService gone)
    {
        // What is to be forgotten is so after a restart, too.
        var mustKeep = departures.IsLetGo(gone.Name) && cluster.IsLeader() && gone.Notes != gone.Kept && notes.Uid(gone.Name) is not null;
        if (mustKeep) return;
        Leave(gone);
        views.Remark(gone.Key, []);
        known.Remove(gone.Name);
        departures.Keep(gone.Name);
    }

    /// <summary>Nobody looks at its split any more: that must not happen in silence.</summary>
    private void Leave(KnownService one)
    {
        if (one is { Delivery: not null, Origin: { } origin } && views.Find(one.Key)?.Record?.Active is { } active)
            reports.Left(origin, one.Name, active.Id, active.Candidate);
    }
}
