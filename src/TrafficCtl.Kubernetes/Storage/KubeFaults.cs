using System.Net;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Says what, where and what to do; and whether it concerns one service or all.</summary>
internal static class KubeFaults
{
    private const string Crds = "kubectl apply -f deploy/crds";

    public static StoreUnavailableException Explain(KubeException fault, TargetKey? key, string what) => fault switch
    {
        { Reason: KubeException.NotLeading } => NotLeading(fault),
        { Code: null } => All($"the cluster's API does not answer ({fault.Message}). It goes on by itself once it does", fault),
        { Code: HttpStatusCode.TooManyRequests } =>
            All($"the cluster's API is overloaded and asks to wait ({fault.Message}). It goes on by itself", fault),
        { Code: HttpStatusCode.Unauthorized } => All(
            $"the cluster's API does not accept our credentials ({fault.Message}). See the service account's token, or the kubeconfig",
            fault),
        { IsForbidden: true } =>
            One($"{what}: the cluster's API does not allow it ({fault.Message}). Grant what deploy/ grants: get, list, create, delete and "
                + "patch of deliveries and rollouts, update of their status", fault, key),
        { Code: HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest } =>
            One($"{what}: the cluster's API refuses it as invalid ({fault.Message}). Are the CRDs of another build? {Crds}", fault, key),
        { Code: HttpStatusCode.RequestEntityTooLarge } =>
            One($"{what}: it is larger than the cluster's API takes ({fault.Message})", fault, key),
        { Code: HttpStatusCode.NotFound } => One($"{what}: {fault.Message}", fault, key),
        { IsConflict: true } =>
            One(
                $"{what}: somebody else changes it so often that nothing can be saved ({fault.Message}). See its managedFields for who",
                fault, key),
        _ => All($"the cluster's API fails ({fault.Message}). It goes on by itself once it works", fault),
    };

    public static StoreUnavailableException NoCrd(Exception? fault) =>
        All($"the cluster does not know deliveries.{KubeKind.Delivery.Group} and rollouts.{KubeKind.Rollout.Group}: {Crds}", fault);

    public static StoreUnavailableException NotLeading(KubeException? fault = null) =>
        Elsewhere("this process does not lead now, so it decides nothing", fault);

    public static StoreUnavailableException OlderTerm(KubeName name, LeaderTerm found, LeaderTerm own) =>
        Elsewhere(
            $"{name} was written under term {found}, and this process is the leader by term {own}: another process is the leader now. "
                + "Nothing was saved", null);

    public static StoreUnavailableException OtherEnvironment(KubeName name, TargetKey key, string found) => One(
        $"{name} holds the state of environment {found}, and this controller serves it as {key.Environment}. Set the environment back, or "
            + "delete the object to begin anew", null, key);

    public static StoreUnavailableException Damaged(KubeName name, TargetKey key, FormatException damage) => One(
        $"{name}: {damage.Message}. Was it written by a newer build, or by hand? Put status.record back from a backup, or delete the "
            + "object to begin anew", damage, key);

    public static StoreUnavailableException Deleted(KubeName name, TargetKey key) => One(
        $"{name} was deleted while it was in use, and it is not the controller's to make again. Apply it again, and it goes on where "
            + "it was", null, key);

    private static StoreUnavailableException All(string words, Exception? fault) => new($"{words}.", fault);

    private static StoreUnavailableException Elsewhere(string words, Exception? fault) => new($"{words}.", fault) { IsElsewhere = true };

    private static StoreUnavailableException One(string words, Exception? fault, TargetKey? key) => new($"{words}.", fault) { Only = key };
}
