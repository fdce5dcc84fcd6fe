using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Statuses for a reader.</summary>
internal static class StatusText
{
    public static void WriteList(ListServicesResponse all, TextWriter to)
    {
        if (all.Services.Count == 0)
        {
            to.WriteLine("no service is controlled");
            return;
        }

        var table = new Columns("SERVICE", "SERVES", "ROLLOUT", "PHASE", "WEIGHT", "FOR", "NEXT");
        foreach (var service in all.Services)
        {
            var name = TargetName.Among(service, all.Services);
            if (service.Rollout is { } rollout)
                table.Add(
                    name, Standing.Serves(service), $"{rollout.Stable} -> {rollout.Candidate}", Standing.Stand(rollout),
                    Standing.Weight(rollout),
                    Standing.InPhase(service, rollout), Standing.Waits(rollout));
            else if (service.Previous is { } previous)
                table.Add(
                    name, Standing.Serves(service), "-", $"({PrintedUnits.Phase(previous.Phase)} {previous.Candidate})", "-",
                    PrintedUnits.Since(previous.ChangedAt, service.At), "");
            else
                table.Add(name, Standing.Serves(service), "-", service.Unknown.Length > 0 ? "(unknown)" : "-", "-", "-", "");
        }

        table.WriteTo(to);
        foreach (var service in all.Services)
            foreach (var warning in service.Warnings) to.WriteLine($"! {TargetName.Among(service, all.Services)}: {warning}");
    }

    public static void Write(ServiceStatus service, TextWriter to)
    {
        to.WriteLine(
            $"{service.Service} ({service.Environment}{(service.Target.Length > 0 ? $"/{service.Target}" : "")}) at {service.Listen}");
        foreach (var warning in service.Warnings) to.WriteLine($"  ! {warning}");
        foreach (var note in service.Notes) to.WriteLine($"  note: {note}");
        var lines = new Columns();
        lines.Add("serves", Standing.Serves(service));
        if (service.Rollout is { } rollout) AddRollout(lines, service, rollout);
        else if (service.Previous is { } previous) AddPrevious(lines, service, previous);
        else lines.Add("rollout", Standing.NoRollout(service));
        lines.WriteTo(to, "  ");

        to.WriteLine();
        var arms = new Columns("ARM", "VERSION", "LIVE", "REQ/S", "ERRORS", "P50", "P99", "IN FLIGHT", "REQUESTS", "FAILURES");
        AddArm(arms, "stable", service.Stable);
        AddArm(arms, "candidate", service.Candidate);
        arms.WriteTo(to, "  ");
    }

    /// <summary>The rollouts that ended, newest first, of the target that goes by this name here.</summary>
    public static void WritePast(ServiceStatus service, string name, ListRolloutsResponse newest, int most, TextWriter to)
    {
        var ended = newest.Rollouts.Where(r => r.Id != service.Rollout?.Id).ToList();
        if (ended.Count == 0) return;
        to.WriteLine();
        to.WriteLine("  past rollouts");
        RolloutsText.TableOf(ended.Take(most)).WriteTo(to, "  ");
        if (ended.Count > most) to.WriteLine($"  earlier ones: {Product.Name} rollouts {name}");
    }

    private static void AddRollout(Columns lines, ServiceStatus service, RolloutStatus rollout)
    {
        lines.Add("rollout", $"{rollout.Id}: {rollout.Stable} -> {rollout.Candidate}");
        lines.Add("phase", Standing.InPhase(service, rollout) is { Length: > 0 } since
            ? $"{Standing.Stand(rollout)} for {since}"
            : Standing.Stand(rollout));
        lines.Add("weight", Standing.Weight(rollout));
        if (rollout.Plan.Count > 0) lines.Add("plan", PlanOf(rollout));
        if (rollout.Breaker.Length > 0) lines.Add("breaker", rollout.Breaker);
        if (rollout.Reason.Length > 0) lines.Add("reason", rollout.Reason);
        AddEach(lines, "waits for", rollout.WaitsFor);
        if (rollout.Judgement is { } judgement)
        {
            lines.Add("verdict", $"{judgement.Verdict}{(judgement.Blame.Length > 0 ? $" ({judgement.Blame})" : "")}");
            AddEach(lines, "", judgement.Findings.Select(f => f.Text));
        }

        if (rollout.Forecast is { } forecast) lines.Add(
            "forecast", $"if it is as good as stable, known in about {PrintedUnits.About(forecast.ToTimeSpan())} at this traffic");
    }

    private static void AddPrevious(Columns lines, ServiceStatus service, RolloutStatus previous)
    {
        lines.Add("rollout", "none");
        lines.Add("last", $"{previous.Id}: {previous.Stable} -> {previous.Candidate}, {PrintedUnits.Phase(previous.Phase)} "
            + $"{PrintedUnits.Ago(previous.ChangedAt, service.At)}");
        if (previous.Reason.Length > 0) lines.Add("reason", previous.Reason);
    }

    private static void AddEach(Columns lines, string title, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            lines.Add(title, value);
            title = "";
        }
    }

    private static void AddArm(Columns arms, string name, ArmStatus? arm)
    {
        if (arm is null) return;
        arms.Add(
            name, arm.Version, $"{arm.Live}/{arm.Endpoints}", PrintedUnits.Rate(arm.RequestsPerSecond),
            PrintedUnits.Percent(arm.ErrorRatio), PrintedUnits.Latency(arm.P50Seconds),
            PrintedUnits.Latency(arm.P99Seconds), PrintedUnits.Count(arm.InFlight), PrintedUnits.Count(arm.Requests),
            PrintedUnits.Count(arm.Failures));
    }

    private static string PlanOf(RolloutStatus rollout) =>
        string.Join(
            " > ",
            rollout.Plan.Select((_, i) => i == rollout.Step - 1 ? $"[{Standing.Planned(rollout, i)}]" : Standing.Planned(rollout, i)));
}
