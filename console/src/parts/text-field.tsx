// A field for a text, with what it is called above it.

import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field';
import Input, { type InputProps } from '@cloudscape-design/components/input';

interface TextFieldProps extends Omit<InputProps, 'onChange'>, Pick<FormFieldProps, 'label' | 'description' | 'stretch'> {
  onChange: (value: string) => void;
}

export const TextField = ({ label, description, stretch, onChange, ...input }: TextFieldProps) => (
  <FormField label={label} description={description} stretch={stretch}>
    <Input {...input} onChange={({ detail }) => onChange(detail.value)} />
  </FormField>
);
