using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>What is to be done for a service in managed mode now.</summary>
internal sealed record ManagedPlan(ImmutableArray<ManagedAction> Actions, ImmutableArray<Remark> Remarks)
{
    /// <summary>From the last change of what serves to what takes capacity away: requests in flight end, and every proxy knows.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);

    public static ManagedPlan Of(ManagedSeen seen) => new Planner(seen).Plan();

    private sealed class Planner(ManagedSeen seen)
    {
        private readonly ImmutableArray<ManagedAction>.Builder actions = ImmutableArray.CreateBuilder<ManagedAction>();
        private readonly ImmutableArray<Remark>.Builder remarks = ImmutableArray.CreateBuilder<Remark>();

        public ManagedPlan Plan()
        {
            if (seen is { Refused: { } refused, Copy: null })
                remarks.Add(refused);
            else if (seen.Source is { } source && seen.SourceIs is { } version && IsPossible(source))
            {
                if (seen.Copy is null) Begin(source, version);
                else if (!OwnObjects.IsOurs(seen.Copy.Object, seen.Delivery)) Taken(source, seen.Copy);
                else if (seen.CopyIs is { } running) Keep(source, version, seen.Copy, running);
                else if (seen.Candidate is null && version.Version == seen.LastGood) Promote(source, version, seen.Copy);
            }
            else if (seen.Source is null)
            {
                Remark("NoWorkload", $"managed mode needs one Deployment: make one behind Service "
                    + $"{seen.Delivery.Namespace}/{seen.Delivery.Service}, or name it {seen.Delivery.Service}");
            }

            return new ManagedPlan(actions.ToImmutable(), remarks.ToImmutable());
        }

        private void Taken(SeenDeployment source, SeenDeployment copy)
        {
            Services(source);
            Put(KubeKind.Deployment, copy.Object, copy.Object, "");
        }

        private bool IsPossible(SeenDeployment source)
        {
            if (OwnObjects.SlotLabel(source) is not null && source.OwnLabels.All(source.Labels.ContainsKey)) return true;
            Remark("NoWorkload", $"Deployment {source.Name} selects its pods by no matchLabels, so a copy cannot be told from it: add one");
            return false;
        }

        /// <summary>The first copy is made of what serves; never of anything else.</summary>
        private void Begin(SeenDeployment source, TemplateIdentity version)
        {
            if (seen.LastGood is not null && seen.LastGood != version.Version)
            {
                Remark("StableCopyLost", $"the stable copy of {source.Name} is gone, and {source.Name} runs {version.Version}, not "
                    + $"{seen.LastGood}: put {seen.LastGood} back into it, and the copy is made again");
                return;
            }

            Services(source);
            PutCopy(source, Math.Max(1, Math.Max(source.Desired, seen.SourceReady)), $"{version.Version} is to be stable");
        }

        private void Keep(SeenDeployment source, TemplateIdentity version, SeenDeployment copy, TemplateIdentity running)
        {
            Services(source);
            if (seen.LastGood is null) return;
            if (seen.Candidate is not null)
            {
                if (seen.Candidate != version.Version) return;
                if (copy.Object.Annotation(OwnObjects.Parked) is { Length: > 0 })
                    Add(new ManagedAction.Mark(Name(copy), OwnObjects.Parked, "", "the candidate is to run"));
                Pause(isPaused: false, "the candidate is to run");
                if (source.Desired == 0)
                    Add(new ManagedAction.Scale(Name(source), Math.Max(1, copy.Desired), $"{version.Version} is a candidate"));
                return;
            }

            if (version.Version == seen.LastGood && running.Version != seen.LastGood)
            {
                // A copy that serves is never rolled: where somebody changed it, discovery says so, and what to do.
                if (seen.Serving != seen.Delivery.StableService) Promote(source, version, copy);
            }
            else if (running.Version == seen.LastGood && seen.Serving == seen.Delivery.StableService
                && seen.SettledFor >= ManagedPlan.Settle)
            {
                // Where somebody else's split is in force the source may serve still.
                if (seen.IsInForce) Tidy(source, version, copy);
            }
            else if (running.Version != seen.LastGood && version.Version != seen.LastGood)
                Remark("StableCopyLost", $"neither {source.Name} ({version.Version}) nor its stable copy ({running.Version}) runs "
                    + $"{seen.LastGood}, which is to serve: put it back into {source.Name}");
        }

        /// <summary>
        /// The copy becomes the good version, with its configuration, and as large as what it takes over, before it takes anything.
        /// </summary>
        private void Promote(SeenDeployment source, TemplateIdentity version, SeenDeployment copy) =>
            PutCopy(source, Math.Max(Math.Max(1, copy.Desired), Math.Max(source.Desired, seen.SourceReady)), $"{version.Version} is good");

        private void PutCopy(SeenDeployment source, int replicas, string why)
        {
            // First what holds its size, so that an autoscaler cannot take away what no traffic asks for yet.
            var begins = $"{why}; it begins with {replicas} replicas";
            if (seen.SourceScaler is not null)
                Put(seen.SourceScaler.Kind, null, OwnObjects.Scaler(seen, source, replicas), begins);
            foreach (var ((kind, _), config) in seen.Configs.OrderBy(c => c.Key.Name, StringComparer.Ordinal))
            {
                var whole = OwnObjects.Config(seen, kind, config);
                Put(kind, null, whole, why);
            }

            var copy = OwnObjects.Copy(seen, source, replicas);
            if (seen.Copy is { } changed && seen.CopyIs is { } running && running.Version != seen.SourceIs!.Version
                && OwnObjects.IsAs(changed.Object, copy))
                Repair(changed, running, copy, why);
            else
                Put(KubeKind.Deployment, seen.Copy?.Object, copy, begins);
        }

        /// <summary>What was written is not what stands there: somebody changed it. Written again once for each such change.</summary>
        private void Repair(SeenDeployment copy, TemplateIdentity running, JsonObject whole, string why)
        {
            if (copy.Object.Annotation(OwnObjects.Repaired) == running.Version)
            {
                Remark(
                    "StableCopyChanged",
                    $"Deployment {copy.Name} runs {running.Version} again, although it was written as {seen.SourceIs!.Version}: "
                    + "find what changes it (a webhook, another tool), and leave it out there");
                return;
            }

            whole["metadata"]!["annotations"]![OwnObjects.Repaired] = running.Version;
            Add(new ManagedAction.Apply(Name(copy), whole, $"{why}, and it was changed to {running.Version}"));
        }

        /// <summary>The copy serves, and has for some time: what was only there for the change goes.</summary>
        private void Tidy(SeenDeployment source, TemplateIdentity version, SeenDeployment copy)
        {
            if (seen.SourceScaler is not null)
                Put(seen.SourceScaler.Kind, null, OwnObjects.Scaler(seen, source, 1), "its load is measured again");
            else if (source.Desired > 0 && source.Desired != copy.Desired && version.Version == seen.LastGood)
                Add(new ManagedAction.Scale(Name(copy), source.Desired, $"{source.Name} asks for {source.Desired} replicas"));
            if (seen.CopyScaler is { } orphan
                && (seen.SourceScaler is not { } of || orphan.Kind != of.Kind || orphan.Name != OwnObjects.CopyName(of.Name)))
                Add(new ManagedAction.Delete(NameOf(orphan), orphan.Object.UidOf(), "the one that it was made of is gone"));
            Forget(copy);
            Park(source, version, copy);
        }

        /// <summary>Who does not serve needs no pods. Once a version: who scales it up again is left alone.</summary>
        private void Park(SeenDeployment source, TemplateIdentity version, SeenDeployment copy)
        {
            var mark = $"{version.Version} behind {seen.LastGood}";
            if (source.Desired == 0 || copy.Object.Annotation(OwnObjects.Parked) == mark) return;
            if (seen.SourceScaler is null && version.Version == seen.LastGood && source.Desired != copy.Desired) return;
            if (seen.Root.Selector.All(s => source.Labels.TryGetValue(s.Key, out var value) && value == s.Value))
            {
                var label = OwnObjects.SlotLabel(source)!;
                Remark("CandidateReachable", $"Service {seen.Delivery.Namespace}/{seen.Delivery.Service} selects the pods of "
                    + $"{source.Name}, so callers outside the mesh reach every new version at once, and {source.Name} is not scaled down: "
                    + $"set {label}: {copy.Labels.GetValueOrDefault(label)} in its selector");
                return;
            }

            Pause(isPaused: true, $"{source.Name} is to stay at 0");
            Add(new ManagedAction.Scale(Name(source), 0, $"{seen.LastGood} is served by {copy.Name}"));
            Add(new ManagedAction.Mark(Name(copy), OwnObjects.Parked, mark, "it was scaled down once"));
        }

        /// <summary>An autoscaler that scales from 0 would bring the pods back. What a person paused is a person's to end.</summary>
        private void Pause(bool isPaused, string why)
        {
            if (seen.SourceScaler is not { ScalesFromZero: true } scaler) return;
            if (isPaused ? !scaler.IsPaused : scaler.IsPausedByUs) Add(new ManagedAction.Pause(NameOf(scaler), isPaused, why));
        }

        private void Forget(SeenDeployment copy)
        {
            if (!copy.IsWhole) return;
            var used = ConfigReferences.Of(copy.Template).Select(r => (r.Kind, r.Name)).ToHashSet();
            foreach (var (kind, own) in seen.OwnConfigs)
            {
                if (used.Contains((kind, own.NameOf())) || seen.Named.Contains((kind, own.NameOf()))) continue;
                // Pods of an earlier template of another service's copy may still name it.
                if (seen.IsRolling && OwnObjects.MayBeShared(own, seen.Delivery)) continue;
                var name = new KubeName(kind, seen.Delivery.Namespace, own.NameOf());
                Add(new ManagedAction.Delete(name, own.UidOf(), "nothing uses it any more"));
            }
        }

        private void Services(SeenDeployment source)
        {
            Put(
                KubeKind.Service, seen.StableService?.Object, OwnObjects.Service(seen, source, seen.Delivery.StableService, isStable: true),
                "it is the stable slot");
            Put(
                KubeKind.Service, seen.CandidateService?.Object,
                OwnObjects.Service(seen, source, seen.Delivery.CandidateService, isStable: false), "it is the candidate's slot");
        }

        private void Put(KubeKind kind, JsonObject? there, JsonObject whole, string why)
        {
            var name = new KubeName(kind, seen.Delivery.Namespace, whole.NameOf());
            there ??= seen.There.GetValueOrDefault((kind, name.Name));
            if (there is not null && !OwnObjects.IsOurs(there))
                Remark("NameTaken", $"{name} is somebody else's: managed mode needs that name; rename it, or name a pair of your own");
            else if (there is not null && !OwnObjects.IsOurs(there, seen.Delivery))
                Remark(
                    "NameTaken",
                    $"{name} was made for Service {there.Label(OwnObjects.ServiceLabel)}, and a service never takes what another one has: "
                    + "give each of the two a Deployment of its own, and slots with names of its own");
            else if (!OwnObjects.IsAs(there, whole)) Add(new ManagedAction.Apply(name, whole, why));
        }

        private void Add(ManagedAction action) => actions.Add(action);

        private void Remark(string reason, string text) => remarks.Add(new Remark(reason, text));

        private KubeName NameOf(SeenScaler scaler) => new(scaler.Kind, seen.Delivery.Namespace, scaler.Name);

        private KubeName Name(SeenDeployment deployment) => new(KubeKind.Deployment, seen.Delivery.Namespace, deployment.Name);
    }
}
