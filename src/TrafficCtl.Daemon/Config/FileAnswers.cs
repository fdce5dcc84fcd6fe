using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Pipelines;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Running;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Config;

/// <summary>What the command line says of delivery files, as messages of the contract.</summary>
public static class FileAnswers
{
    /// <summary>What values are in force does not depend on the flags that the daemon is started with.</summary>
    private static readonly Abilities Anything = Abilities.Embedded(hasPrometheus: true, hasAlertmanager: true, ["/"]);

    /// <summary>Everything that is wrong with the files, or their services.</summary>
    public static CheckResponse Check(ImmutableArray<string> files) => Check(DeliveryFiles.Read(files));

    /// <summary>The files as a daemon would read them.</summary>
    /// <param name="files">Files and directories.</param>
    /// <param name="hasPrometheus">It is started with <c>--prometheus</c>.</param>
    /// <param name="hasAlertmanager">It is started with <c>--alertmanager</c>.</param>
    /// <param name="allowExec">Those of <c>--allow-exec</c>; default for none.</param>
    public static Parsed<Deliveries> Read(
        ImmutableArray<string> files, bool hasPrometheus, bool hasAlertmanager, ImmutableArray<string> allowExec = default) =>
        DeliveryFiles.Read(files, null, Abilities.Embedded(hasPrometheus, hasAlertmanager, allowExec));

    /// <summary>As <see cref="Check(ImmutableArray{string})"/>, of files that were read.</summary>
    public static CheckResponse Check(Parsed<Deliveries> read)
    {
        var answer = new CheckResponse();
        switch (read)
        {
            case Parsed<Deliveries>.Ok(var files):
                answer.Services.AddRange(files.Services.Select(s => s.Spec.Key.Name));
                answer.Pipelines.AddRange(files.Pipelines.Select(p => PipelineAnswers.Of(p.Spec)));
                answer.Warnings.AddRange(files.Warnings.Select(MessageOf));
                break;
            case Parsed<Deliveries>.Problems(var problems):
                answer.Problems.AddRange(problems.Select(MessageOf));
                break;
        }

        return answer;
    }

    /// <summary>
    /// As <see cref="Check(Parsed{Deliveries})"/>, and what stands against them in what a daemon serves now.
    /// </summary>
    /// <param name="read">The files as they were read.</param>
    /// <param name="running">The daemon's answer to <c>GET /v1/services</c>.</param>
    public static CheckResponse CheckBeside(Parsed<Deliveries> read, IEnumerable<ServiceStatus> running)
    {
        var answer = Check(read);
        if (read is not Parsed<Deliveries>.Ok(var files)) return answer;
        ImmutableArray<RunningService> services = [.. running.Select(RunningOf).Where(r => !files.PipelineTargets.Contains(r.Key))];
        var (problems, warnings) = RunningRules.Check(files.Services, services, static _ => null);
        answer.Problems.AddRange(problems.Select(MessageOf));
        answer.Warnings.AddRange(warnings.Select(MessageOf));
        if (problems.IsEmpty) return answer;
        answer.Services.Clear();
        answer.Pipelines.Clear();
        return answer;
    }

    private static RunningService RunningOf(ServiceStatus status) => new(
        new TargetKey(status.Service, status.Environment, status.Target.Length > 0 ? status.Target : TargetKey.DefaultTarget),
        status.LastGood,
        [.. status.Listed.Select(VersionOf)])
    {
        StandIn = status.Serves.Length > 0 && status.Serves != status.LastGood ? status.Serves : null,
        Candidate = status.Rollout?.Candidate,
        IsExposed = status.Rollout is { Step: > 0 },
    };

    private static Core.Services.VersionSpec VersionOf(ListedVersion listed) => new(
        listed.Version,
        [.. listed.Endpoints.Select(e => Uri.TryCreate(e, UriKind.Absolute, out var endpoint) ? endpoint : null).OfType<Uri>()])
    {
        IsRetained = listed.Retained,
    };

    /// <summary>Every value in force with its origin; or the problems, and nothing in force.</summary>
    public static Parsed<(ExplainResponse Message, string Text)> Explain(ImmutableArray<string> files) =>
        DeliveryFiles.Read(files, null, Anything) switch
        {
            Parsed<Deliveries>.Ok(var read) => new Parsed<(ExplainResponse, string)>.Ok((MessageOf(read), TextOf(read))),
            Parsed<Deliveries>.Problems(var problems) => new Parsed<(ExplainResponse, string)>.Problems(problems),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static string TextOf(Deliveries read) => string.Join(
        '\n', read.Services.Select(static s => s.Values).Concat(read.Pipelines.Select(static p => p.Values)).Select(Config.Explain.Render));

    private static ExplainResponse MessageOf(Deliveries read)
    {
        var answer = new ExplainResponse();
        foreach (var delivered in read.Services) Add(delivered.Spec.Key.Name, delivered.Values);
        foreach (var delivered in read.Pipelines) Add(delivered.Spec.Service, delivered.Values);
        return answer;

        void Add(string name, ImmutableArray<Reporting.EffectiveValue> values)
        {
            var service = new ExplainedService { Service = name };
            service.Values.AddRange(values.Select(MessageOf));
            answer.Services.Add(service);
        }
    }

    private static V1.EffectiveValue MessageOf(Reporting.EffectiveValue value)
    {
        var message = new V1.EffectiveValue { Path = value.Path, Text = value.Text };
        if (value.Origin.File is { } file) (message.File, message.Line) = (file, value.Origin.Line);
        return message;
    }

    private static FileProblem MessageOf(Reporting.Problem problem)
    {
        var message = new FileProblem { File = problem.File, Path = problem.Path, Message = problem.Message, Hint = problem.Hint ?? "" };
        if (problem.Line > 0) (message.Line, message.Column) = (problem.Line, problem.Column);
        return message;
    }
}
