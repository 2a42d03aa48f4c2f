/** Every setting of the networks shown, for those who want to turn one screw at a time. */
import type { Configuration, Slot } from "../simulation/protocol.ts";
import {
  type Choice,
  choices,
  configurationOf,
  modeNames,
  modeOf,
  nameOf,
  withChoice,
} from "../state/configuration.ts";
import type { LabState } from "../state/lab-state.ts";
import { secondNetwork } from "../state/settings.ts";
import type { Store } from "../state/store.ts";
import { glossary } from "./glossary.ts";

export function SettingsPanel({ store, state }: { readonly store: Store; readonly state: LabState }) {
  const { settings, model } = state;
  const { a, b, threads } = settings;
  return (
    <details className="settings">
      <summary>Settings</summary>
      <div className="lanes">
        <fieldset>
          <legend>Run</legend>
          <label>
            <span>Threads</span>
            <select
              value={threads ?? "auto"}
              disabled={!crossOriginIsolated}
              onChange={({ target: { value } }) => store.change({ threads: value === "auto" ? null : Number(value) })}
            >
              {["auto", 1, 2, 4, 8].map((value) => (
                <option key={value} value={value}>
                  {value}
                </option>
              ))}
            </select>
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={b !== null}
              disabled={model?.hasDnn === false}
              onChange={(event) => store.change({ b: event.target.checked ? secondNetwork : null })}
            />
            <span>Compare with a second network</span>
          </label>
        </fieldset>
        <ConfigurationFields
          slot="a"
          configuration={a}
          isFixed={model?.hasDnn === false}
          onChange={(configuration) => store.change({ a: configuration })}
        />
        {b && (
          <ConfigurationFields
            slot="b"
            configuration={b}
            isFixed={false}
            onChange={(configuration) => store.change({ b: configuration })}
          />
        )}
        <details className="glossary">
          <summary>What these settings mean</summary>
          <dl>
            {choices
              .filter(({ key }) => glossary[key])
              .map(({ key, label }) => (
                <div key={key}>
                  <dt>{label}</dt>
                  <dd>{glossary[key]}</dd>
                </div>
              ))}
          </dl>
        </details>
        {model && (
          <details className="provenance">
            <summary>How this model was made</summary>
            <ol>
              {model.provenance.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ol>
          </details>
        )}
      </div>
    </details>
  );
}

interface ConfigurationFieldsProps {
  readonly slot: Slot;
  readonly configuration: Configuration;
  /** Where the model holds only its own spiking network, only time, the reading and the input can be chosen. */
  readonly isFixed: boolean;
  readonly onChange: (configuration: Configuration) => void;
}

function ConfigurationFields({ slot, configuration, isFixed, onChange }: ConfigurationFieldsProps) {
  const isChangeable = ({ key }: Choice) => !isFixed || key === "timeSteps" || key === "decode" || key === "encoding";
  return (
    <fieldset className={slot}>
      <legend>
        Network {slot.toUpperCase()}: {nameOf(configuration)}
      </legend>
      <label>
        <span>Mode</span>
        <select
          value={modeOf(configuration)}
          disabled={isFixed}
          onChange={({ target: { value } }) => {
            const mode = modeNames.find((name) => name === value);
            if (mode) onChange(configurationOf(mode));
          }}
        >
          {modeNames.map((mode) => (
            <option key={mode} value={mode}>
              {mode}
            </option>
          ))}
        </select>
      </label>
      {choices.map((choice) => (
        <label key={choice.key}>
          <span>{choice.label}</span>
          <select
            value={String(configuration[choice.key])}
            disabled={!isChangeable(choice)}
            onChange={(event) => {
              const option = optionsWith(choice, configuration).find(
                ({ value }) => String(value) === event.target.value,
              );
              if (option) onChange(withChoice(configuration, choice.key, option.value));
            }}
          >
            {optionsWith(choice, configuration).map(({ value, label }) => (
              <option key={String(value)} value={String(value)}>
                {label}
              </option>
            ))}
          </select>
        </label>
      ))}
    </fieldset>
  );
}

/** The choice's options, and the present value where an address or a file asked for another one. */
function optionsWith({ key, options }: Choice, configuration: Configuration): Choice["options"] {
  const value = configuration[key];
  return options.some((option) => option.value === value) ? options : [{ value, label: String(value) }, ...options];
}
